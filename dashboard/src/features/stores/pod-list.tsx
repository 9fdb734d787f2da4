import { CircleAlert, CircleCheck, CircleDashed } from "lucide-react";
import { TimeAgo } from "@/components/time-ago";
import type { StoreDetailsFragment } from "@/gql/graphql";
import styles from "./pod-list.module.css";

type Pod = StoreDetailsFragment["pods"][number];
type Container = Pod["containers"][number];

/** How many of the lasting pods are ready. */
export function podsInWords(pods: Pod[]): string {
  const lasting = pods.filter((pod) => !isDone(pod));
  const ready = lasting.filter(({ isReady }) => isReady).length;
  return lasting.length > 0 ? `${ready} of ${lasting.length} ready` : "";
}

/** The store's pods and what their containers do. */
export function PodList({ pods }: { pods: Pod[] }) {
  if (pods.length === 0) return <p className={styles.none}>There are none at the moment.</p>;
  return (
    <ul className={styles.pods}>
      {pods.map((pod) => (
        <PodItem key={pod.name} pod={pod} />
      ))}
    </ul>
  );
}

/** Whether a pod did what it was for, such as a setup job's. */
function isDone({ phase }: Pod): boolean {
  return phase === "SUCCEEDED";
}

function PodItem({ pod }: { pod: Pod }) {
  const tone = pod.isReady || isDone(pod) ? "ready" : pod.reason ? "failed" : "progress";
  const Icon = { ready: CircleCheck, failed: CircleAlert, progress: CircleDashed }[tone];
  return (
    <li className={styles.pod} data-tone={tone}>
      <div className={styles.line}>
        <Icon size={16} aria-hidden className={styles.icon} />
        <h4>{pod.component ?? pod.name}</h4>
        <span className={styles.status}>{isDone(pod) ? "Completed" : pod.status}</span>
      </div>
      <p className={styles.minor}>
        <code translate="no">{pod.name}</code> · <TimeAgo at={pod.createdAt} />
        <span>{restarts(pod.restarts)}</span>
      </p>
      {pod.message && <p className={styles.message}>{pod.message}</p>}
      {pod.containers.length > 0 && (
        <ul className={styles.containers} aria-label={`Containers of ${pod.name}`}>
          {pod.containers.map((container) => (
            <ContainerItem key={container.name} container={container} />
          ))}
        </ul>
      )}
    </li>
  );
}

function ContainerItem({ container }: { container: Container }) {
  const { name, image, isInit, message } = container;
  return (
    <li>
      <div className={styles.containerLine}>
        <span>{isInit ? `${name} (init)` : name}</span>
        <span>{stateOf(container)}</span>
      </div>
      <code className={styles.image} translate="no">{image}</code>
      {message && <p className={styles.message}>{message}</p>}
    </li>
  );
}

function stateOf({ state, reason, restarts: count, exitCode }: Container): string {
  const exit = exitCode == null ? "" : `, exit code ${exitCode}`;
  return `${reason ?? state.toLowerCase()}${exit}${restarts(count)}`;
}

function restarts(count: number): string {
  if (count === 0) return "";
  return count === 1 ? " · restarted once" : ` · restarted ${count} times`;
}
