import { graphql } from "@/gql";
import { useLiveQuery } from "./graphql/use-live-query";

const ADDRESSES = graphql(`
  query Addresses {
    platform {
      isAddressChecked
    }
  }
`);

/** Whether a ready shop's address was seen to answer; undefined until it is known. */
export function useAreAddressesChecked(): boolean | undefined {
  const { data } = useLiveQuery({ query: ADDRESSES, variables: {}, requestPolicy: "cache-first" });
  return data?.platform.isAddressChecked;
}
