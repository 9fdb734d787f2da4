import { Fold } from "@/components/fold";
import { Notice } from "@/components/notice";
import type { StoreStatus } from "@/gql/graphql";
import { useAreAddressesChecked } from "@/lib/addresses";
import { canBeOpened } from "./store-facts";

/** Why a store that is ready offers no shop to be opened, where nobody looks whether shops answer. */
export function ClosedShopsNotice({ store }: { store: { status: StoreStatus } }) {
  const isAddressChecked = useAreAddressesChecked();
  if (isAddressChecked !== false || !canBeOpened(store)) return null;
  return (
    <Notice tone="warning" title="Shops do not open here">
      <p>Shops on this platform have no address that is known to answer. Whoever runs the platform can change that.</p>
      <Fold summary="Why, and what to change">
        <p>
          Nobody has seen this shop’s address answer: the pods are simulated, or no ingress is known. To have shops that
          open, start the platform on another Kubernetes: the README says which, under “Start”.
        </p>
      </Fold>
    </Notice>
  );
}
