"""Where workflows, activities and clients meet: names, signatures, queues. No implementation, no provider library."""
