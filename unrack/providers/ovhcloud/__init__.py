"""OVHcloud Connect (Direct) on the official `ovh` client."""
