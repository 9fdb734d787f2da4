// Sends Medusa's notifications of the channel "email" through the shop's mail server.
const { AbstractNotificationProviderService, ModuleProvider, Modules } = require("@medusajs/framework/utils")
const { createTransport } = require("nodemailer")

// A server that does not answer must not keep connections open: nobody waits for the mail, but it costs.
const PATIENCE_MILLISECONDS = 10_000

class SmtpNotifications extends AbstractNotificationProviderService {
  static identifier = "smtp"

  constructor(_container, { host, port, security, username, password }) {
    super()
    this.transport = createTransport({
      host,
      port,
      secure: security === "tls",
      requireTLS: security === "starttls",
      ignoreTLS: security === "none",
      auth: username ? { user: username, pass: password } : undefined,
      connectionTimeout: PATIENCE_MILLISECONDS,
      greetingTimeout: PATIENCE_MILLISECONDS,
      socketTimeout: PATIENCE_MILLISECONDS,
    })
  }

  async send({ from, to, content: { subject, text }, provider_data: { sender } }) {
    const mail = { from: { name: sender, address: from }, to, subject, text }
    const { messageId } = await this.transport.sendMail(mail)
    return { id: messageId }
  }
}

exports.default = ModuleProvider(Modules.NOTIFICATION, { services: [SmtpNotifications] })
