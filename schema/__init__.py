"""Contains the GraphQL contract: types, inputs and payloads, each with a description.

The contract knows neither the domain nor HTTP; ``resolvers`` fills it with data. The file
``schema.graphql`` is the same contract for clients. ``make schema`` writes it, and a test compares
the two.
"""
