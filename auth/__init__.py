"""Who people are and what they may do: implements the engine's Authorizer."""
