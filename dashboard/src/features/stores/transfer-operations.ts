import { graphql } from "@/gql";

export const OFFERED_STORES = graphql(`
  query OfferedStores {
    offeredStores {
      storeId
      storeName
      engine
      resources {
        cpu
        memory
        storage
      }
      offeredBy
      expiresAt
    }
  }
`);

export const TRANSFER_STORE = graphql(`
  mutation TransferStore($input: TransferStoreInput!) {
    transferStore(input: $input) {
      store {
        ...StoreDetails
      }
      errors {
        code
        message
        field
      }
    }
  }
`);

export const WITHDRAW_TRANSFER = graphql(`
  mutation WithdrawTransfer($input: WithdrawTransferInput!) {
    withdrawTransfer(input: $input) {
      store {
        ...StoreDetails
      }
      errors {
        code
        message
      }
    }
  }
`);

export const ACCEPT_TRANSFER = graphql(`
  mutation AcceptTransfer($input: AcceptTransferInput!) {
    acceptTransfer(input: $input) {
      store {
        ...StoreSummary
      }
      errors {
        code
        message
      }
    }
  }
`);

export const DECLINE_TRANSFER = graphql(`
  mutation DeclineTransfer($input: DeclineTransferInput!) {
    declineTransfer(input: $input) {
      errors {
        code
        message
      }
    }
  }
`);
