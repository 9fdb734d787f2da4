"""The GraphQL contract: types, inputs and payloads, each element described, and nothing else.

It knows neither the domain nor HTTP; ``resolvers`` fills it. ``schema.graphql`` beside this file is
what clients build on: a test regenerates it and compares.
"""
