import { graphql } from "@/gql";

export const OPERATION_FACTS = graphql(`
  fragment OperationFacts on Operation {
    id
    number
    kind
    status
    reason {
      code
      message
    }
    askedByName
    parameters
    queuedAt
    startedAt
    finishedAt
  }
`);

export const STORE_SUMMARY = graphql(`
  fragment StoreSummary on Store {
    id
    name
    title
    owner
    ownerSource
    ownerName
    engine
    engineVersion
    isCopy
    status
    target
    reason {
      code
      message
    }
    version
    url
    adminUrl
    createdAt
    updatedAt
    readyAt
    suspendedAt
    deletedAt
    queuePosition
    operation {
      ...OperationFacts
    }
  }
`);

export const STORE_DETAILS = graphql(`
  fragment StoreDetails on Store {
    ...StoreSummary
    plan {
      name
      description
      price
    }
    nextVersion
    offer {
      to
      offeredBy
      expiresAt
    }
    upgrades {
      name
      isDefault
      whatIsNew
    }
    diagnostics {
      namespace
      release
    }
    steps {
      name
      status
      message
      output
      startedAt
      finishedAt
    }
    pods {
      name
      component
      phase
      status
      reason
      message
      isReady
      restarts
      node
      createdAt
      containers {
        name
        image
        state
        reason
        message
        isReady
        isInit
        restarts
        exitCode
      }
    }
  }
`);

export const STORES = graphql(`
  query Stores($first: Int!, $after: String, $filter: StoreFilterInput, $orderBy: StoreOrderInput) {
    stores(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        node {
          ...StoreSummary
        }
      }
    }
  }
`);

export const STORE = graphql(`
  query Store($id: ID!) {
    store(id: $id) {
      ...StoreDetails
    }
  }
`);

export const STORE_OPERATIONS = graphql(`
  query StoreOperations($id: ID!) {
    store(id: $id) {
      id
      operations(first: 50) {
        edges {
          node {
            ...OperationFacts
          }
        }
      }
    }
  }
`);

export const BACKUP_FACTS = graphql(`
  fragment BackupFacts on Backup {
    id
    number
    madeAt
    sizeInBytes
    engine
    engineVersion
    counts {
      name
      number
    }
    lostByRestore {
      name
      number
    }
    check {
      isUnderWay
      endedAt
      fault
    }
    isPinned
    keptUntil
  }
`);

export const STORE_BACKUPS = graphql(`
  query StoreBackups($id: ID!) {
    platform {
      backups {
        intervalHours
        isInCluster
        retention {
          allDays
          days
          weeks
          months
          deletedDays
        }
      }
    }
    store(id: $id) {
      id
      backups(first: 50) {
        edges {
          node {
            ...BackupFacts
          }
        }
      }
      wayBack {
        ...BackupFacts
      }
    }
  }
`);

export const RESTORABLE = graphql(`
  query Restorable($id: ID!) {
    store(id: $id) {
      id
      name
      owner
      ownerSource
      ownerName
      status
      plan {
        name
      }
      backups(first: 100) {
        edges {
          node {
            ...BackupFacts
          }
        }
      }
    }
  }
`);

export const STORE_EVENTS = graphql(`
  fragment StoreEvents on StoreUpdate {
    events {
      version
      kind
      subject
      status
      message
      occurredAt
    }
  }
`);

export const STORE_STATUS = graphql(`
  subscription StoreStatus($id: ID!, $after: Int) {
    storeStatus(id: $id, after: $after) {
      version
      ...StoreEvents
      store {
        ...StoreDetails
      }
    }
  }
`);

export const ENGINES = graphql(`
  query Engines {
    engines {
      name
      displayName
      description
      versions {
        name
        isDefault
      }
      resources {
        cpu
        memory
        storage
      }
      plans {
        name
        description
        isDefault
        price
        resources {
          cpu
          memory
          storage
        }
      }
      unavailableReason
    }
    platform {
      shopUrl
    }
  }
`);

export const CREATE_STORE = graphql(`
  mutation CreateStore($input: CreateStoreInput!) {
    createStore(input: $input) {
      store {
        ...StoreSummary
      }
      errors {
        code
        message
        field
      }
    }
  }
`);

export const DELETE_STORE = graphql(`
  mutation DeleteStore($input: DeleteStoreInput!) {
    deleteStore(input: $input) {
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

export const CANCEL_STORE = graphql(`
  mutation CancelStore($input: CancelStoreInput!) {
    cancelStore(input: $input) {
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

export const RETRY_STORE = graphql(`
  mutation RetryStore($input: RetryStoreInput!) {
    retryStore(input: $input) {
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

export const SUSPEND_STORE = graphql(`
  mutation SuspendStore($input: SuspendStoreInput!) {
    suspendStore(input: $input) {
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

export const RESUME_STORE = graphql(`
  mutation ResumeStore($input: ResumeStoreInput!) {
    resumeStore(input: $input) {
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

export const RESTART_STORE = graphql(`
  mutation RestartStore($input: RestartStoreInput!) {
    restartStore(input: $input) {
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

export const CREATE_SIGN_IN_LINK = graphql(`
  mutation CreateSignInLink($input: CreateSignInLinkInput!) {
    createSignInLink(input: $input) {
      url
      errors {
        code
        message
      }
    }
  }
`);

export const RESET_PASSWORD = graphql(`
  mutation ResetAdminPassword($input: ResetAdminPasswordInput!) {
    resetAdminPassword(input: $input) {
      username
      password
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

export const PLAN_CHANGES = graphql(`
  query PlanChanges($id: ID!) {
    store(id: $id) {
      id
      planChanges {
        way
        message
        plan {
          name
          description
          isDefault
          price
          resources {
            cpu
            memory
            storage
          }
        }
      }
    }
  }
`);

export const CHANGE_PLAN = graphql(`
  mutation ChangePlan($input: ChangePlanInput!) {
    changePlan(input: $input) {
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

export const UPGRADE_STORE = graphql(`
  mutation UpgradeStore($input: UpgradeStoreInput!) {
    upgradeStore(input: $input) {
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

export const ROLLBACK_STORE = graphql(`
  mutation RollbackStore($input: RollbackStoreInput!) {
    rollbackStore(input: $input) {
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

export const CREATE_BACKUP = graphql(`
  mutation CreateBackup($input: CreateBackupInput!) {
    createBackup(input: $input) {
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

export const RESTORE_BACKUP = graphql(`
  mutation RestoreBackup($input: RestoreBackupInput!) {
    restoreBackup(input: $input) {
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

export const VERIFY_BACKUP = graphql(`
  mutation VerifyBackup($input: VerifyBackupInput!) {
    verifyBackup(input: $input) {
      backup {
        ...BackupFacts
      }
      errors {
        code
        message
      }
    }
  }
`);

export const PIN_BACKUP = graphql(`
  mutation PinBackup($input: PinBackupInput!) {
    pinBackup(input: $input) {
      backup {
        ...BackupFacts
      }
      errors {
        code
        message
      }
    }
  }
`);

export const UNPIN_BACKUP = graphql(`
  mutation UnpinBackup($input: UnpinBackupInput!) {
    unpinBackup(input: $input) {
      backup {
        ...BackupFacts
      }
      errors {
        code
        message
      }
    }
  }
`);

export const STORE_COUNTS = graphql(`
  query StoreCounts {
    platform {
      storesByStatus {
        status
        count
      }
    }
  }
`);
