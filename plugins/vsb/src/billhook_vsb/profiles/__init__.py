"""The profiles that come with the plugin, as TOML files. They say what is public, and name what is assumed."""
