"""The profiles that come with the program: YAML files, read by `billhook_mass.profile`."""
