"""What data centres and health insurers say back: mails of the data centre, letters, payment advices."""
