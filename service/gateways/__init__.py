"""Gateways that take messages: a folder, SMS over HTTPS, SMTP, a webhook; called outside any transaction."""
