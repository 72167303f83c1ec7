import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Makes `ca.pem`, and `cert.pem` and `key.pem` of a server for 127.0.0.1 and of a client, each in a folder of its own. */
export function tlsFiles(folder: string): { readonly server: string; readonly client: string } {
  mkdirSync(folder, { recursive: true });
  const openssl = (...args: string[]): void =>
    void execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...key,
    "-days",
    "2",
    "-subj",
    "/CN=test",
    "-keyout",
    "ca-key.pem",
    "-out",
    "ca.pem",
  );
  const signed = (name: string, extensions: string): string => {
    const own = join(folder, name);
    mkdirSync(own);
    writeFileSync(join(own, "extensions"), extensions);
    const [request, certificate] = [join(own, "request.pem"), join(own, "cert.pem")];
    openssl("req", ...key, "-subj", `/CN=${name}`, "-keyout", join(own, "key.pem"), "-out", request);
    const authority = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "2"];
    const more = ["-extfile", join(own, "extensions"), "-out", certificate];
    openssl("x509", "-req", "-in", request, ...authority, ...more);
    openssl("x509", "-in", "ca.pem", "-out", join(own, "ca.pem"));
    return own;
  };
  return {
    server: signed("server", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n"),
    client: signed("client", "extendedKeyUsage=clientAuth\n"),
  };
}
