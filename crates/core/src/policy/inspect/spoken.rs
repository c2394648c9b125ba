//! How a name is spoken to in a text: whether what follows is for whoever has it, is said of it, or tells it what to do.

use crate::policy::lists::{holds, is, is_any_case, parts};
use crate::policy::spans;

/// Names that mean other things as well: what follows, or the word before, tells that an agent is meant.
const AMBIGUOUS: &str = "model|models|bot|bots|robot|robots|whoever";

/// What a note is called that is meant for somebody.
const NOTES: &str = "ps|answer|note|notes|text|message|notice|instruction|instructions|attention|l'attention|reminder|\
    request|info|hint|warning|comment|directive|directives|rules|required|expected|reserved|hinweis|hinweise|\
    nachricht|anweisung|anweisungen|achtung|nota|mensaje|aviso|instrucciones|atenci\u{f3}n|messaggio|istruzioni|\
    istruzione|avviso|attenzione|mensagem|instru\u{e7}\u{f5}es|aten\u{e7}\u{e3}o|consigne|consignes|important|\
    importante|wichtig|urgent";

/// What stands between a note and whom it is for.
const TO: &str = "for|to|of|de|f\u{fc}r|an|para|pour|per|al|a|\u{e0}|all'|ao|aos|alla|aux|all|agli|ai|alle|\u{e0}s";

/// What calls somebody, right before the name.
const CALLS: &str = "dear|estimado|estimada|beste|attn|attention|hey|hello|liebe|lieber|achtung|cher|querido|caro|ok|\
    okay";

/// Who is meant where they know themselves to be.
const IF_YOU_ARE: &str = "if you are|if you happen to be|in case you are|should you be|if you're|if this is read by|\
    when read by|as an ai|wenn du|falls du|si eres|si tu es|si vous \u{ea}tes|se sei|se voc\u{ea} \u{e9}|se \u{e8}s";

/// What may stand between a note and what says whom it is for.
const BETWEEN: &str =
    "is|are|was|meant|intended|only|strictly|solely|specially|specifically|directed|addressed|that|which";

/// Words that only say more of who is meant.
const MORE: &str = "agent|agents|assistant|assistants|model|models|system|systems|tool|tools|bot|bots|code|assistenten|reviewer|\
    reviewers|crawler|crawlers|reader|readers|summarizer|summarizers|summariser|summarisers|browser|browsers|cursor|claude|copilot|\
    codex|gemini|gpt|ai|llm|llms|cli|or|and|operator|operators|developer|developers|engineer|engineers|contributor|contributors|only|\
    client|clients|based|powered|driven|de|di|integrators|pair|programmer|programmers|helper|helpers|search|overview|overviews|editor|editors|ia|ki|any|all|every|other|whichever|\
        whatever|whoever";

/// Agents by their names: two of them in a row are called, and not spoken of.
const PRODUCTS: &str = "claude|copilot|cursor|codex|gemini|chatgpt";

/// What says of somebody that this text is before them, without *-ing*.
const READS: &str = "plans|transcribes|imports|resolves|builds|installs|runs|reads|read|sees|processes|process|summarizes|summarises|\
        summarize|summarise|parses|handles|opens|fetches|\
    called|invoked|spawned|visits|indexes|encounters|receives|crawls|edits|reviews|scans|analyzes|analyses|touches|loads|finds";

/// *Who*, and *this*, in the six languages.
const WHO: &str = "who|that|which|die|der|das|qui|que|che";
const THIS: &str = "this|these|diese|dieses|diesen|dies|cette|ce|cet|ces|esta|este|esto|questa|questo|queste|here|hier|ici|aqu\u{ed}|aqui";

/// What says when something is to be done: what follows is told to whoever is there then.
const WHEN: &str = "when|whenever|if|once|before|after|while|time|wenn|sobald|cuando|quand|quando|se|si";

/// What follows a name that is told what to do.
const TOLD: &str =
    "must|should|shall|please|kindly|muss|m\u{fc}ssen|soll|sollen|bitte|debe|deben|doit|doivent|deve|devono|devem";
const ASKED: &str = "to|required|asked|instructed|requested|expected|obliged|advised|hereby|kindly|urged";

/// How a name is spoken to.
pub(super) enum Spoken {
    /// What follows is for it.
    To,
    /// It stands before a colon: what follows is for it, or is said of it, or by it.
    Before,
    /// This sentence says what it is to do.
    Of,
}

/// The words that follow a name.
struct Following<'a> {
    words: Vec<&'a str>,
    /// Whether the name, with what else it is called, ends in a colon: what follows is said to it.
    opens: bool,
    /// Whether its line does.
    introduces: bool,
    /// Whether what is said of them, such as *going through the log*, ends in a colon.
    labels: bool,
    /// What follows near it, behind the words that only say more of who is meant.
    after: &'a str,
    /// Whether a comma follows who is meant.
    pauses: bool,
}

impl<'a> Following<'a> {
    fn of(behind: &'a str) -> Self {
        const MOST: usize = 8;
        const FARTHEST: usize = 96;
        let near = spans::start(behind, FARTHEST);
        let near = near.split("\\n").next().unwrap_or_default();
        let words = near.split([' ', '/', ',']).filter(|word| !word.is_empty()).take(MOST);
        let words = words.map(|word| word.trim_matches(|char: char| !char.is_alphanumeric())).collect();
        let more = more(near);
        let label = more.split_once(": ").map_or("", |(label, _)| label).trim_start();
        let says = |word: &str| word.len() > 4 && word.ends_with("ing") || is(word, "who|that|in|on|with|of");
        let labels = label.split(' ').next().is_some_and(says) && !label.contains(['.', ',']);
        Self {
            words,
            labels,
            opens: opens(near),
            introduces: near.len() < behind.len() && near.ends_with(':'),
            after: more,
            pauses: more.starts_with(", "),
        }
    }

    /// The words behind those that only say more of who is meant: *agents*, *of any kind*.
    fn rest(&self) -> &[&'a str] {
        let more = self.words.iter().take(3).take_while(|word| word.is_empty() || is_any_case(word, MORE)).count();
        &self.words[more..]
    }

    /// Whether this text is said to be before them: *reading this page*, *who summarises this*.
    fn reads(&self) -> bool {
        let rest = self.rest();
        let who = usize::from(rest.first().is_some_and(|word| is_any_case(word, WHO)));
        let who = who + usize::from(rest.get(who).is_some_and(|word| is_any_case(word, "is|are|was")));
        let verb = rest.get(who).is_some_and(|word| {
            word.len() > 4 && word.to_ascii_lowercase().ends_with("ing") || is_any_case(word, READS)
        });
        let near = &rest[rest.len().min(who + 1)..rest.len().min(who + 3)];
        // *The agent that called you*.
        let caller = || who > 0 && near.first() == Some(&"you") && is(rest[who], "called|invoked|spawned");
        verb && (near.iter().any(|word| is_any_case(word, THIS)) || caller())
            || who == 1
                && rest.first().is_some_and(|word| is_any_case(word, WHO))
                && rest[1..].iter().take(3).any(|word| is_any_case(word, THIS))
    }

    /// Whether it is said what they are to do.
    fn is_told(&self) -> bool {
        match self.rest() {
            [first, ..] if is_any_case(first, TOLD) => true,
            [first, second, ..] => is_any_case(first, "needs|need|has|have|is|are") && is_any_case(second, ASKED),
            _ => false,
        }
    }

    /// Whether what follows says what is to be done with this text here: *edits this file it must first*.
    fn does_here(&self) -> bool {
        let this = self.words.iter().position(|word| is_any_case(word, THIS));
        this.is_some_and(|at| {
            self.words[at..].iter().any(|word| is_any_case(word, TOLD) || is_any_case(word, "first|you|it|they"))
        })
    }
}

/// What follows a name behind the words that only say more of who is meant.
fn more(behind: &str) -> &str {
    let mut rest = behind;
    loop {
        let word = rest.trim_start_matches(' ');
        let end = word.find(|char: char| !char.is_alphanumeric()).unwrap_or(word.len());
        if end == 0 || !is_any_case(&word[..end], MORE) {
            return rest;
        }
        rest = &word[end..];
    }
}

/// Whether what follows a name ends who is meant, and begins what is said: behind what says more of them, and what is in brackets.
fn opens(behind: &str) -> bool {
    const DASHES: [&str; 5] = [" - ", " \u{2014} ", " \u{2013} ", " -- ", " => "];
    let mut rest = behind;
    loop {
        let dashed = DASHES.iter().find_map(|dash| rest.strip_prefix(dash));
        if dashed.is_some_and(|said| !said.split([' ', ':']).next().is_some_and(|word| is_any_case(word, MORE))) {
            return true;
        }
        rest = rest.trim_start_matches([' ', '/', '*', '_', ')', ']', '}', '-', '\'']);
        let open = rest.strip_prefix('(').and_then(|rest| rest.find(')').map(|end| &rest[end + 1..]));
        let listed = rest.strip_prefix(", ").unwrap_or(rest);
        let word = listed.find(|char: char| !char.is_alphanumeric()).unwrap_or(listed.len());
        match open {
            Some(behind) => rest = behind,
            None if word > 0 && is_any_case(&listed[..word], MORE) => rest = &listed[word..],
            None => break,
        }
    }
    let said = rest.strip_prefix(':');
    said.is_some_and(|said| said.is_empty() || said.starts_with([' ', '*', '"', '\\']))
}

/// What is told right behind a name and a comma.
const TOLD_NOW: &str = "please|you|your|run|read|send|do|now|before|execute|open|first|when|after|stop|use|go|add|upload|post|fetch|set|write|\
    print|once|ignore|as|from|arr\u{ea}te|arr\u{ea}tez|envoie|envoyez|lis|lisez|ex\u{e9}cute|ex\u{e9}cutez|ignorez|lies|sende|f\u{fc}hre|\
        ignoriere|lade|\
    lee|lea|env\u{ed}a|env\u{ed}e|ejecuta|ejecute|ignora|leggi|invia|esegui|leia|envie|stuur|lees|negeer|share|make|create|export|kindly|\
        immediately|delete|push|call|copy|find|follow|forget|disregard|always|never|this|to";

/// The part of a line in which a name stands: what is behind the end of a sentence, a label, an opening bracket or a mark.
fn part(line: &str) -> &str {
    const ENDS: [&str; 15] =
        [". ", ": ", "! ", "? ", "; ", "[", "(", "|", " - ", " \u{2013} ", " \u{2014} ", " '", ">", "** ", "!-- "];
    let begins = ENDS.iter().filter_map(|end| line.rfind(end).map(|at| at + end.len())).max().unwrap_or(0);
    line[begins..].trim_matches(|char: char| char.is_whitespace() || "'*@#=<\"/-{".contains(char))
}

/// How the name is spoken to that stands behind these words of its line and before the rest.
pub(super) fn spoken(before: &str, name: &str, behind: &str) -> Option<Spoken> {
    if name.contains("you ") {
        return Some(Spoken::To);
    }
    let call = Call::of(before, name, behind);
    if is(name, AMBIGUOUS) && !is(call.last(), MACHINES) {
        return call.ambiguous();
    }
    if call.is_sure() {
        return Some(Spoken::To);
    }
    if call.opens_speech() {
        return Some(if call.is_for_all() { Spoken::To } else { Spoken::Before });
    }
    // There are agents that build and agents that watch.
    let is_meant = !name.starts_with("agent") || call.is_of_sort() || call.last() == "your";
    (is_meant && call.following.is_told()).then_some(Spoken::Of)
}

/// Words before *model* and *bot* by which a machine that reads is meant.
const MACHINES: &str = "language|ai|chat|reviewer|calling|reading|requesting|invoking|foundation|review|moderation|triage|merge|search|vision|coding|\
    answering|translation|hiring|reasoning";

/// Words before *agent* by which one that is told something is meant.
const SORTS: &str = "ai|ki|ia|coding|llm|autonomous|intelligent|parent|orchestrating|orchestrator|coordinator|main|supervisor|planner|lead|\
    review|reviewer|moderation|triage|merge|supervising|browsing|automated|calling|answering";

/// A name with what is around it.
struct Call<'a> {
    before: &'a str,
    name: &'a str,
    behind: &'a str,
    /// What stands before it in its part of the line.
    part: &'a str,
    /// The words of its sentence up to it.
    words: Vec<&'a str>,
    following: Following<'a>,
}

impl<'a> Call<'a> {
    fn of(before: &'a str, name: &'a str, behind: &'a str) -> Self {
        let words = sentence(before)
            .split(|char: char| !char.is_alphanumeric() && char != '\'')
            .map(|word| word.trim_start_matches('\''))
            .filter(|word| !word.is_empty())
            .collect();
        Self { before, name, behind, part: part(before), words, following: Following::of(behind) }
    }

    fn last(&self) -> &'a str {
        self.words.last().copied().unwrap_or_default()
    }

    /// The last words before the name.
    fn near(&self, most: usize) -> &[&'a str] {
        &self.words[self.words.len().saturating_sub(most)..]
    }

    fn is_of_sort(&self) -> bool {
        is(self.last(), SORTS)
    }

    /// How a name is spoken to that may be that of other things: *bot: take over*, *dear models*, *rules for models*.
    fn ambiguous(&self) -> Option<Spoken> {
        if self.following.reads() || self.last() == "dear" {
            return Some(if self.name == "whoever" { Spoken::Of } else { Spoken::To });
        }
        let ruled = self.name.ends_with('s')
            && self.behind.starts_with("\\n")
            && self.near(6).first().is_some_and(|word| is(word, "rules|instructions|notes"));
        let alone = self.part.is_empty() && self.behind.starts_with(": ") && !is(self.name, "model|models|whoever");
        (ruled || alone).then_some(Spoken::Before)
    }

    /// *Dear assistant*, *attention, Claude*: there are agents of other trades.
    fn is_called(&self) -> bool {
        let is_person = self.name.starts_with("agent") && !self.is_of_sort();
        !is_person && self.near(2).iter().any(|word| is(word, CALLS))
    }

    /// Whether what follows is for the one who is named, beyond doubt.
    fn is_sure(&self) -> bool {
        self.is_noted()
            || self.is_called()
            || self.knows_itself()
            || self.opens_to() && self.part.split(' ').count() < 6 && (self.following.opens || self.closes('[', "] "))
            || self.is_asked()
            || self.following.reads()
            || self.near(4).iter().any(|word| is(word, WHEN)) && self.following.does_here()
            || self.has_leave()
    }

    /// *Note for agents*, *instructions to the assistant*: and not where the sentence or the cell ends with the name.
    fn is_noted(&self) -> bool {
        let near = self.near(6);
        let is_for = |at: usize| {
            let to = near[at + 1..].iter().position(|word| !is(word, BETWEEN)).map(|to| at + 1 + to);
            to.is_some_and(|to| is(near[to], TO) && near.len() - to < 5)
        };
        let ends = [". ", ".\\", " |", ";"].iter().any(|end| self.behind.starts_with(end));
        !ends && near.iter().enumerate().any(|(at, word)| is(word, NOTES) && is_for(at))
    }

    /// *If you are an agent*, *as the agent, you*, *you are no longer an assistant*.
    fn knows_itself(&self) -> bool {
        const CONDITIONS: &str = "if|when|and|since|as";
        const OWNS: &str = "running|using|building|developing|with|writing|configuring|new";
        let sentence = sentence(self.before);
        let leads = |lead: &str| sentence.rfind(lead).is_some_and(|at| sentence.len() - at < lead.len() + 24);
        let near = self.near(3);
        let is_one = matches!(near, ["you", "are", "a" | "an"]) && self.words.iter().any(|word| is(word, CONDITIONS));
        let is_none = matches!(near, ["no", "longer", _]);
        let as_one = self.near(6).first() == Some(&"as") && self.words.len() < 4 && self.behind.starts_with(", you");
        let is_you = ["you (the ", "you (an ", "you, the "].iter().any(|you| sentence.ends_with(you.trim_end()));
        let is_other = holds(sentence, "you are no longer|you are not a|only language") && self.words.len() > 1;
        !is(self.last(), OWNS) && parts(IF_YOU_ARE).any(leads) || is_one || is_none || as_one || is_you || is_other
    }

    /// *Assistant, open …*
    fn is_asked(&self) -> bool {
        let told = self
            .following
            .after
            .strip_prefix(", ")
            .and_then(|rest| rest.split(|char: char| !char.is_alphanumeric()).next());
        self.part.is_empty()
            && !self.before.ends_with('@')
            && (told.is_some_and(|word| is_any_case(word, TOLD_NOW)) || self.behind.starts_with(" please "))
    }

    /// Whether the person behind an agent is said to have agreed.
    fn has_leave(&self) -> bool {
        let near = self.near(6);
        near.iter().any(|word| is(word, "user|operator|person|human|owner"))
            && near.iter().any(|word| is(word, "operating|running|using|behind"))
            && self.following.words.first().is_some_and(|word| is_any_case(word, "has|have|already|agreed|approved"))
    }

    /// Whether its part of the line begins with whom it is for.
    fn opens_to(&self) -> bool {
        self.part.split(' ').next().is_some_and(|word| is(word, TO))
    }

    /// Whether what follows may be for the one who is named, be it said of it or by it.
    fn opens_speech(&self) -> bool {
        let begins = self.part.is_empty() || self.is_of_sort() && !self.part.contains(' ');
        let many = self.name.ends_with('s') || self.is_of_sort();
        // *Agents read right to left:*, *Automated contributors have …*, *Agents,*.
        let introduces = begins
            && (many && self.following.introduces && self.following.words.len() > 1
                || self.name.starts_with("automated ")
                || many && self.following.labels
                || many && self.behind.starts_with(",\\n"));
        // *[agent] When …*, *CRM assistant! …*, *@assistant …*
        let unmarked = self.before.trim_start_matches(|char: char| !char.is_alphanumeric() && char != '[');
        let marked = (begins || self.before.ends_with(":@"))
            && (self.before.ends_with('@') || unmarked == "[" && self.behind.starts_with("] "))
            || self.part.split(' ').count() < 3 && self.behind.starts_with("! ");
        let headed = self.before.trim_start().starts_with('#') && self.words.len() < 3 && {
            self.behind.len() < 9 || ["\\n", " agents\\n"].iter().any(|end| self.behind.starts_with(end))
        };
        let greeted = self.near(2).iter().any(|word| is(word, CALLS));
        greeted
            || self.leads() && self.following.opens && !self.is_setting()
            || introduces
            || marked
            || headed
            || self.is_directed()
    }

    /// *agents:* over records of a file of settings.
    fn is_setting(&self) -> bool {
        self.behind.strip_prefix(":\\n").is_some_and(|rest| {
            let line = rest.split("\\n").next().unwrap_or_default().trim_start().trim_start_matches("- ");
            line.split_once(": ").is_some_and(|(key, _)| !key.contains(' '))
        })
    }

    /// Whether nothing stands before the name that it is a part of.
    fn leads(&self) -> bool {
        const SAYS_WHICH: &str = "todo|fixme|xxx|hack|any|every|all|the|hidden|my|our|only|automated";
        match self.part.split([' ', ',']).filter(|word| !word.is_empty()).collect::<Vec<_>>().as_slice() {
            [] => true,
            [word] => self.is_of_sort() || is(word, NOTES) || is(word, SAYS_WHICH),
            _ => self.is_of_sort() && self.near(3).contains(&"from"),
        }
    }

    /// *Designer to Cursor:*, *fix for coding agents:*, *For AI readers, …*, *(for the agent) …*, a heading *To: any agent*.
    fn is_directed(&self) -> bool {
        const FOR: &str = "to|for|f\u{fc}r|para|pour|per";
        let short = self.part.split(' ').count() < 8;
        let is_of_sort = self.is_of_sort() || is(self.last(), MACHINES);
        let named = is(self.last(), FOR) || is_of_sort && self.near(3).iter().any(|word| is(word, FOR));
        let apart = self.words.len() < 3 && self.following.pauses || self.closes('(', ") ");
        named && self.following.opens && short
            || sentence(self.before).starts_with("to: ") && self.behind.starts_with("\\n")
            || self.opens_to() && apart
    }

    /// Whether a bracket ends right behind the name.
    fn closes(&self, open: char, close: &str) -> bool {
        self.before.contains(open) && self.following.after.starts_with(close)
    }

    /// Whether all of a sort are named at the start of what is said: *coding agents: …*
    fn is_for_all(&self) -> bool {
        self.following.opens
            && self.leads()
            && self.words.len() < 2
            && (self.is_of_sort()
                || self.name.ends_with('s')
                || self.name == "llm"
                || self.following.words.first().is_some_and(|word| is_any_case(word, PRODUCTS)))
    }
}

/// The sentence that a line ends with.
fn sentence(line: &str) -> &str {
    line.rsplit(". ").next().unwrap_or_default().trim()
}
