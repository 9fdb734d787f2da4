import { useQuery } from "urql";
import { SHOP_NAME } from "./operations";

/** The name of the store with this id; undefined until it is known, and where there is none any more. */
export function useShopName(id: string | null | undefined): string | undefined {
  const [{ data }] = useQuery({ query: SHOP_NAME, variables: { id: id ?? "" }, pause: !id });
  return data?.store?.name;
}
