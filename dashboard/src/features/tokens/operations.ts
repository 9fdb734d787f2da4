import { graphql } from "@/gql";

export const TOKEN = graphql(`
  fragment Token on AccessToken {
    id
    owner
    ownerSource
    ownerName
    role
    description
    createdAt
    expiresAt
    lastUsedAt
    revokedAt
    madeBy
    madeBySource
  }
`);

export const TOKENS = graphql(`
  query Tokens($first: Int!, $after: String, $includeRevoked: Boolean!) {
    tokens(first: $first, after: $after, includeRevoked: $includeRevoked) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        node {
          ...Token
        }
      }
    }
  }
`);

export const CREATE_TOKEN = graphql(`
  mutation CreateToken($input: CreateTokenInput!) {
    createToken(input: $input) {
      secret
      token {
        ...Token
      }
      errors {
        code
        message
        field
      }
    }
  }
`);

export const REVOKE_TOKEN = graphql(`
  mutation RevokeToken($input: RevokeTokenInput!) {
    revokeToken(input: $input) {
      token {
        ...Token
      }
      errors {
        code
        message
      }
    }
  }
`);
