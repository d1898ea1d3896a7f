"""Services whose provider gives its customers no API: people state the facts, and act by tasks."""
