import { beforeEach, expect, test } from "vitest";
import { authorization, currentToken, setToken, takeTokenFromAddress } from "./session";

beforeEach(() => {
  sessionStorage.clear();
  history.replaceState(null, "", "/graphiql");
});

test("a token in the address is kept and leaves the address", () => {
  history.replaceState(null, "", "/graphiql?a=1#token=sp_secret");
  takeTokenFromAddress();
  expect(currentToken()).toBe("sp_secret");
  expect(location.href).toBe("http://localhost:3000/graphiql?a=1");
});

test("an address without a token changes nothing", () => {
  setToken("sp_old");
  takeTokenFromAddress();
  expect(currentToken()).toBe("sp_old");
});

test("signing out forgets the token", () => {
  setToken("sp_old");
  setToken("");
  expect(currentToken()).toBe("");
  expect(authorization("")).toEqual({});
  expect(authorization("sp_new")).toEqual({ authorization: "Bearer sp_new" });
});
