"""Files of YAML that people write and others review: read with the place of everything that is wrong in them."""
