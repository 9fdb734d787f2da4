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

module.exports = { until }
