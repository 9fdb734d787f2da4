/** @import { Route } from "../routes.js" */

/**
 * @typedef {object} Found
 * @property {Route} [route]  None if the path has no such method, or there is no such path.
 * @property {Record<string, string>} params
 * @property {string[]} allow  The methods of the path.
 */

/**
 * Find the route of a request.
 *
 * @param {Route[]} routes
 * @param {string} method
 * @param {string} path
 * @returns {Found}
 */
export function findRoute(routes, method, path) {
  const wanted = method === "HEAD" ? "GET" : method;
  /** @type {string[]} */
  const allow = [];
  for (const route of routes) {
    const params = paramsOf(route.path, path);
    if (params && route.method === wanted) {
      return { route, params, allow };
    }
    if (params) {
      allow.push(...(route.method === "GET" ? ["GET", "HEAD"] : [route.method]));
    }
  }
  return { params: {}, allow };
}

/**
 * Return what `:name` stands for in each segment of a path, if the path fits.
 *
 * @param {string} pattern
 * @param {string} path
 */
function paramsOf(pattern, path) {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) {
    return undefined;
  }
  /** @type {Record<string, string>} */
  const params = {};
  for (const [index, name] of wanted.entries()) {
    const segment = decode(given[index] ?? "");
    if (name.startsWith(":") && segment) {
      params[name.slice(1)] = segment;
    } else if (name !== segment) {
      return undefined;
    }
  }
  return params;
}

/** @param {string} segment */
function decode(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
