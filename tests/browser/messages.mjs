// Messages as the server sends them, one for each way in which the chat shows something.

const answer = {
  text: "You jerk because the brain is switching over to sleep.\n\nIt helps to:\n- go easy on coffee\n- **keep** the same bedtime",
  answers: ["sleep.cause"],
  source: {
    line: "Source: NHS, the article",
    references: ["“Insomnia”. NHS, 2026. https://www.nhs.uk/conditions/insomnia/", "“What is myoclonus”. The article, undated."],
    reviewed: "2026-11-22",
  },
  buttons: [
    { title: "Are jerks on falling asleep harmful?", payload: '/ask{"topic":"sleep","aspect":"danger"}' },
    { title: "How can I prevent jerks at bedtime?", payload: '/ask{"topic":"sleep","aspect":"prevention"}' },
  ],
};
const emergency = {
  level: "emergency", sign: "seizure_prolonged",
  text: "Call 112 or 911 now. Jerking that goes on for 5 minutes or more needs an ambulance.\n- Move hard things away.\n- Put nothing in the mouth.",
};
const crisis = {
  level: "emergency", sign: "self_harm",
  text: "I'm glad you told me. You matter. If you might act on it, call 999 now.\n- Talk to someone today, day or night: Samaritans, 116 123.",
};
const urgent = {
  level: "urgent", sign: "infantile_spasms",
  text: "Ring a doctor or children's ward today.\nSudden bends in clusters can be a kind of seizure.\nCall 112 if the baby goes blue.",
};
const routine = { level: "routine", sign: "hiccups_long", text: "Book an appointment with a doctor.\nHiccups of more than 48 hours can have a cause." };
const choice = {
  text: "How long has it lasted?",
  buttons: [{ title: "A few days", payload: '/answer{"value":"days"}' }, { title: "Months", payload: '/answer{"value":"months"}' }],
};
const summary = { text: "For the doctor\n\n- Jerks of the left arm\n- Since three weeks", summary: true };
const hostile = { text: "a < b > c && [d](javascript:alert(1)) <img src=x onerror=alert(1)> **open * _x_ `y` \u202e" };

export const MESSAGES = { answer, emergency, crisis, urgent, routine, choice, summary, hostile };

/** A conversation in which the person said something and got `replies`. */
export function conversation(...replies) {
  const now = Date.now() / 1000;
  return [
    { id: "own-1", from: "you", text: "my arm jerks at night", time: now },
    ...replies.map((reply, n) => ({ id: `own-1.${n + 1}`, from: "myoguide", time: now, ...reply })),
  ];
}
