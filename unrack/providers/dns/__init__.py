"""DNS as a provider: looks at zones, name servers and resolvers for runbooks of any provider, and changes nothing."""
