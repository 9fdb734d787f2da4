import { CircleUserRound, LogOut } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/button";
import { setToken } from "@/lib/session";
import { currentTheme, setTheme, type Theme } from "@/lib/theme";
import { quotaInWords } from "@/lib/quota";
import { useViewer } from "@/lib/viewer";
import styles from "./account-menu.module.css";

/** Who one is, what one has left, how the pages look, and the way out. */
export function AccountMenu() {
  const { data } = useViewer();
  const viewer = data?.viewer;
  return (
    <>
      <Button look="quiet" popoverTarget="account" aria-label={viewer ? `Account of ${viewer.displayName}` : "Account"}>
        <CircleUserRound size={18} aria-hidden />
        <span className={styles.name}>{viewer?.displayName}</span>
      </Button>
      <div id="account" popover="auto" className={styles.menu}>
        {viewer && (
          <div className={styles.who}>
            <strong>{viewer.displayName}</strong>
            <span>{viewer.role.toLowerCase()}</span>
            {/* What others name one by, where people are called something else. */}
            {viewer.name !== viewer.displayName && <span>{`Unique name: ${viewer.name}`}</span>}
          </div>
        )}
        {data && <p className={styles.quota}>{quotaInWords(data)}</p>}
        <ThemeChoice />
        <a href="/graphiql" className={styles.link}>
          Explore the API
        </a>
        <Button onClick={() => setToken("")}>
          <LogOut size={16} aria-hidden /> Sign out
        </Button>
      </div>
    </>
  );
}

function ThemeChoice() {
  const [theme, change] = useState(currentTheme());
  return (
    <label className={styles.theme}>
      Appearance
      <select
        value={theme}
        onChange={(event) => {
          const chosen = event.target.value as Theme;
          setTheme(chosen);
          change(chosen);
        }}
      >
        <option value="system">As the device</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  );
}
