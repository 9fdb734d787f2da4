import { useEffect } from "react";
import { NavLink, Outlet } from "react-router";
import { LiveRegion } from "@/components/live-region";
import { Logo } from "@/components/logo";
import { ConnectionChip } from "@/features/connection/connection-chip";
import { useStoresChanged } from "@/features/stores/use-stores-changed";
import { useConnection } from "@/lib/graphql/provider";
import { expireToken } from "@/lib/session";
import { knowName } from "@/lib/graphql/signed-in";
import { useIsAdmin, useViewer } from "@/lib/viewer";
import { AccountMenu } from "./account-menu";
import { PlatformProblem } from "./platform-problem";
import styles from "./shell.module.css";

/** What stands around every page. */
export function Shell() {
  const connection = useConnection();
  const isAdmin = useIsAdmin();
  const name = useViewer().data?.viewer.name;

  useStoresChanged();

  useEffect(() => {
    if (connection === "refused") expireToken();
  }, [connection]);

  useEffect(() => {
    if (name) knowName(name);
  }, [name]);

  return (
    <>
      <a href="#content" className={styles.skip}>
        Skip to content
      </a>
      <header className={styles.bar}>
        <div className={styles.inner}>
          <NavLink to="/stores" className={styles.home} aria-label="store-platform, all stores">
            <Logo />
          </NavLink>
          <nav className={styles.nav} aria-label="Main">
            <NavLink to="/stores">Stores</NavLink>
            <NavLink to="/tokens">Tokens</NavLink>
            {isAdmin && <NavLink to="/audit">Audit</NavLink>}
          </nav>
          <div className={styles.end}>
            <ConnectionChip />
            <AccountMenu />
          </div>
        </div>
      </header>
      <main id="content" tabIndex={-1} className={styles.main}>
        <PlatformProblem />
        <Outlet />
      </main>
      <LiveRegion />
    </>
  );
}
