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
      <p>This platform was started for trying it out, and the shops on it have no address that answers.</p>
      <Fold summary="Technical details">
        <p>
          Nobody has seen this shop’s address answer: the pods are simulated, or no ingress is known. To have shops that
          open, start the platform on another Kubernetes: the README says which, under “Start”.
        </p>
      </Fold>
    </Notice>
  );
}
