// The settings of a shop, all from the environment: the image is the same for every shop. The build of
// the admin reads them too, and has none.
const path = require("node:path")
const { defineConfig, Modules } = require("@medusajs/framework/utils")

const { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, JWT_SECRET, COOKIE_SECRET } = process.env
const { SMTP_HOST, SMTP_PORT, SMTP_SECURITY, SMTP_USERNAME, SMTP_PASSWORD } = process.env
const SHOP_URL = process.env.SHOP_URL ?? ""
const encoded = (text) => encodeURIComponent(text ?? "")

// What Medusa has without being told: the notices in the admin.
const inAdmin = { resolve: "@medusajs/medusa/notification-local", id: "local", options: { channels: ["feed"] } }
const byMail = {
  resolve: "./src/mail/smtp",
  id: "smtp",
  options: {
    channels: ["email"],
    host: SMTP_HOST,
    port: Number(SMTP_PORT),
    security: SMTP_SECURITY,
    username: SMTP_USERNAME,
    password: SMTP_PASSWORD,
  },
}

module.exports = defineConfig({
  projectConfig: {
    databaseUrl: `postgres://${encoded(PGUSER)}:${encoded(PGPASSWORD)}@${encoded(PGHOST)}:${PGPORT ?? 5432}/${PGDATABASE}`,
    // The database is within the cluster, behind a policy of its own.
    databaseDriverOptions: { connection: { ssl: false } },
    cookieOptions: {
      // Production takes Secure for granted, and over plain HTTP the sign-in to the admin would loop.
      secure: SHOP_URL.startsWith("https:"),
    },
    http: {
      jwtSecret: JWT_SECRET,
      cookieSecret: COOKIE_SECRET,
      storeCors: SHOP_URL,
      adminCors: SHOP_URL,
      authCors: SHOP_URL,
    },
  },
  modules: {
    // In the database: without Redis the default is a lock in memory, which a crash forgets. It has to be
    // here before the first migration, which makes its table.
    [Modules.LOCKING]: {
      resolve: "@medusajs/medusa/locking",
      options: {
        providers: [{ resolve: "@medusajs/medusa/locking-postgres", id: "locking-postgres", is_default: true }],
      },
    },
    [Modules.NOTIFICATION]: {
      resolve: "@medusajs/medusa/notification",
      options: { providers: SMTP_HOST ? [inAdmin, byMail] : [inAdmin] },
    },
    [Modules.FILE]: {
      resolve: "@medusajs/medusa/file",
      options: {
        providers: [
          {
            resolve: "@medusajs/medusa/file-local",
            id: "local",
            options: {
              upload_dir: path.join(__dirname, "static"),
              private_upload_dir: path.join(__dirname, "private"),
              backend_url: `${SHOP_URL}/static`,
            },
          },
        ],
      },
    },
  },
})
