"""OVHcloud's answers: `published` is written from its descriptions, `services` by hand where they have drifted."""
