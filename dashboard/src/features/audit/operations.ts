import { graphql } from "@/gql";

export const AUDIT_LOG = graphql(`
  query AuditLog($first: Int!, $after: String, $filter: AuditFilterInput) {
    auditLog(first: $first, after: $after, filter: $filter) {
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        node {
          id
          occurredAt
          actor
          actorSource
          actorName
          role
          clientAddress
          action
          arguments
          outcome
          code
          storeId
          tokenId
          tokenMadeBy
          tokenMadeBySource
        }
      }
    }
  }
`);
