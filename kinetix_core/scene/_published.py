"""Where the published levels are kept. Standard library only."""

PUBLISHED = "published"
"""The name of the set."""

PUBLISHED_FOLDER = f"levels/{PUBLISHED}"
"""Below the user's cache folder; `kinetix levels fetch` fills it."""
