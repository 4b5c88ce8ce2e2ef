"""The JSON API: what the web app, the tests and other programs call."""
