"""From bytes to clean sentences and keys: what every later stage reads an article through."""
