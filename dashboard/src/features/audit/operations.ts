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

export const SHOP_NAME = graphql(`
  query ShopName($id: ID!) {
    store(id: $id) {
      id
      name
    }
  }
`);

export const SHOP_ID = graphql(`
  query ShopId($name: String!) {
    storeByName(name: $name) {
      id
      name
    }
  }
`);
