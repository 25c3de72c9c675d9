// nodemailer's pool: node nodemailer.js PORT COUNT CONNECTIONS SIZE
const nodemailer = require("nodemailer");
const [port, count, connections, size] = process.argv.slice(2).map(Number);
const line = "Een alinea over geven en vragen, lang genoeg om een regel te vullen. ";
const half = line.repeat(Math.ceil(size / 2 / line.length));

async function main() {
  const pool = nodemailer.createTransport({
    pool: true, host: "127.0.0.1", port, maxConnections: connections, maxMessages: 100000,
    ignoreTLS: true,
  });
  const begin = process.hrtime.bigint(), used = process.cpuUsage();
  await Promise.all(Array.from({ length: count }, (_, n) => {
    const links = Array.from({ length: 10 }, (_, k) => `https://example.org/t/${n}.abcdef/${k}`);
    return pool.sendMail({
      from: "marit@example.org", to: `r${n}@example.org`, subject: "Een tip",
      text: `Beste Joost ${n},\n\n${half}\n${links.join("\n")}\n`,
      html: `<p>Beste Joost ${n},</p><p>${half}</p>${links.map((a) => `<a href="${a}">x</a>`)}`,
    });
  }));
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9, cpu = process.cpuUsage(used);
  console.log(`seconds=${seconds.toFixed(4)} cpu=${((cpu.user + cpu.system) / 1e6).toFixed(4)}`);
  pool.close();
}
main();
