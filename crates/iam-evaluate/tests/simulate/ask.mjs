// Answers one simulation a line: `node ask.mjs FOLDER`, where FOLDER has node_modules with @cloud-copilot/iam-simulate.
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const simulator = `${process.argv[2]}/node_modules/@cloud-copilot/iam-simulate/dist/esm/index.js`
const { runSimulation } = await import(pathToFileURL(simulator))

let answers = []
for await (const line of createInterface({ input: process.stdin })) {
  let answer
  try {
    const found = await runSimulation(JSON.parse(line), {})
    answer = found.resultType === 'error' ? `error: ${JSON.stringify(found.errors)}` : found.overallResult
  } catch (error) {
    answer = `error: ${error.message}`.replaceAll('\n', ' ')
  }
  answers.push(answer)
  if (answers.length === 200) {
    process.stdout.write(answers.join('\n') + '\n')
    answers = []
  }
}
process.stdout.write(answers.map((answer) => answer + '\n').join(''))
