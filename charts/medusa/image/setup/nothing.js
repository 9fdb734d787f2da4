// For what starting Medusa does by itself; run by `medusa exec` while the image is built.
exports.default = async function doNothing() {}
