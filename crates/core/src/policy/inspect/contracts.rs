//! Programs that hold money and that nobody can change once they are out: functions by which whoever comes takes it.

use super::source::{Written, code_lines, folded, is_test};
use crate::policy::lists::{holds, parts};

/// What lets in few.
const GUARDS: &str = "only|nonreentrant|whennotpaused|auth|initializer|restricted|governance|requires";
const ASKS: &str = "msg.sender==|==msg.sender|msg.sender!=|!=msg.sender|_checkowner|_checkrole|hasrole(|onlyowner|isowner|balances[msg.sender]|\
    balanceof[msg.sender]|balanceof(msg.sender|deposits[msg.sender]|shares[msg.sender]|[msg.sender]|_msgsender()|ecrecover|verify|_auth|\
    require(authorized";

/// Whether a contract's function gives away all that is there, or no longer asks who calls it.
pub(super) fn are_open(written: &Written<'_>) -> bool {
    if !written.is_form("sol") || is_test(written.path) || holds(written.path, "/mocks/|/mock/") {
        return false;
    }
    written.gains(gives_all)
        || written.gains(spares_one)
        || written.before.is_some_and(|before| loses_guard(&written.text, before))
}

/// The functions of a text: what stands between a name and its body, and the body, in small letters and without blanks.
fn functions(text: &str) -> Vec<(String, String)> {
    let plain = code_lines(text).collect::<Vec<_>>().join("\n");
    let pieces = plain.split("function ").skip(1).take(super::MAX_PLACES * 4);
    let parted = pieces.map(|piece| piece.split_once('{').unwrap_or((piece, "")));
    parted.map(|(head, body)| (folded(head), folded(body))).collect()
}

fn gives_all(text: &str) -> bool {
    const GIVES: &str = "address(this).balance|selfdestruct(|suicide(|.balanceof(address(this))|delegatecall(";
    functions(text).iter().any(|(head, body)| {
        let called = holds(head, "external|public") && !holds(head, "view|pure");
        let name = head.split('(').next().unwrap_or_default();
        // What goes to whom the contract names is its purpose.
        let to_whom = head.contains("address")
            || holds(body, "msg.sender).transfer(|msg.sender.transfer(|msg.sender.call{|msg.sender).call{|selfdestruct(payable(msg.sender|selfdestruct(msg.sender|msg.sender,");
        let modifiers = head.rsplit_once(')').map_or("", |(_, behind)| behind);
        let moves = holds(body, ".transfer(|.call{value|.send(|selfdestruct(|suicide(|safetransfer(|delegatecall(");
        called && to_whom && moves && holds(body, GIVES) && !holds(modifiers, GUARDS) && !holds(body, ASKS) && !name.is_empty()
    })
}

/// Whether somebody whose address stands in the text is dealt with in another way than everybody else.
fn spares_one(text: &str) -> bool {
    const ADDRESS: usize = 40;
    /// What is no person: what stands for nobody, and for the chain's own coin.
    const NOBODY: &str = "0000|eeee|dead";
    const THINGS: &str = "token|asset|weth|native|currency|feed|router|pool|oracle|factory|code|hash|chain";
    code_lines(text).map(folded).filter(|line: &String| holds(line, "if(|require(|?|&&|return")).any(|line| {
        line.match_indices("=0x").take(super::MAX_PLACES).any(|(at, sign)| {
            let digits = &line[at + sign.len()..];
            let length = digits.bytes().take_while(u8::is_ascii_hexdigit).count();
            let of = line[..at].trim_end_matches(['=', '!']);
            let name =
                of.rsplit(|char: char| !char.is_alphanumeric() && !"_.".contains(char)).next().unwrap_or_default();
            let compares = of.len() < at;
            let is_thing = holds(name, THINGS);
            compares && length == ADDRESS && !parts(NOBODY).any(|nobody| digits.starts_with(nobody)) && !is_thing
        })
    })
}

/// Whether a function is there as before but for what asked, kept order or checked.
fn loses_guard(text: &str, before: &str) -> bool {
    let now = functions(text);
    functions(before).iter().any(|(head, body)| {
        let called = head.split(')').next();
        let name = |head: &str| head.split('(').next().unwrap_or_default().to_owned();
        // A function that is given something else is the same where none other is called so.
        let alone = || {
            let mut named = now.iter().filter(|(other, _)| name(other) == name(head));
            named.next().filter(|_| named.next().is_none())
        };
        let same = now.iter().find(|(other, _)| other.split(')').next() == called).or_else(alone);
        let Some((new, new_body)) = same else { return false };
        let behind = |head: &str| {
            head.rsplit_once(')')
                .filter(|(_, rest)| !rest.is_empty())
                .map_or(head.to_owned(), |_| head.split_once(')').map_or(String::new(), |(_, rest)| rest.to_owned()))
        };
        let lost = |guard: &str| behind(head).contains(guard) && !behind(new).contains(guard);
        const ASKED: &str =
            "onlyowner|onlyrole|nonreentrant|onlyadmin|onlygovern|onlyminter|onlyoperator|whennotpaused|requiresauth";
        let asked = parts(ASKED).any(lost);
        let checks = |body: &str| {
            body.matches("require(").count() + body.matches("revert").count() + body.matches("_check").count()
        };
        let moves = holds(new_body, ".transfer(|.call{value|.send(|_mint(|_burn(|safetransfer");
        asked && !holds(new_body, "msg.sender==|_checkowner|_checkrole")
            || moves && checks(body) > 0 && checks(new_body) == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_that_anybody_empties_is_seen() {
        let open = |text, before, path| are_open(&Written::of(text, before, path));
        let path = "/home/you/work/coin/src/Pool.sol";
        let sweep = "function sweep(address to) external {\n payable(to).transfer(address(this).balance);\n}";
        let owned = "function sweep(address to) external onlyOwner {\n payable(to).transfer(address(this).balance);\n}";
        assert!(open(sweep, None, path));
        assert!(!open(owned, None, path));
        assert!(open(sweep, Some(owned), path));
        assert!(!open(owned, Some(sweep), path));
        let spares = "function pay() external {\n if (tx.origin != 0x91e3A7F2c05Bd4481f6D2Ea90C7b358F6D41Ab27) debt[msg.sender] += 1;\n}";
        assert!(open(spares, None, path));
        let native = "function pay(address token) external {\n if (token == 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE) wrap();\n}";
        assert!(!open(native, None, path));
        let looks = "function total() external view returns (uint) { return address(this).balance; }";
        assert!(!open(looks, None, path));
        assert!(!open(sweep, None, "/home/you/work/coin/test/Pool.sol"));
    }
}
