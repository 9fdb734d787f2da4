const { signOutEnded } = require("../sessions/ended")

// Medusa reads this file. They go before its own of each path below.
exports.default = {
  routes: ["/auth", "/admin"].map((matcher) => ({ matcher, middlewares: [signOutEnded] })),
}
