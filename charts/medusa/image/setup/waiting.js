const PAUSE_MILLISECONDS = 500

/** Waits until `isReached` returns true, without an end: Kubernetes and the platform have their limits. */
async function until(isReached, waitingFor) {
  let said = ""
  for (;;) {
    let trouble = ""
    try {
      if (await isReached()) {
        return
      }
    } catch (error) {
      trouble = ` (${error.message || error.code})`
    }
    const words = `Waiting for ${waitingFor}.${trouble}`
    if (words !== said) {
      console.log((said = words))
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS))
  }
}

// The first process of a container gets no signal that it does not ask for, and would be waited for
// until the end of its grace. Nothing is half done here.
process.on("SIGTERM", () => process.exit(143))

module.exports = { until }
