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
    written.gains(gives_all) || written.before.is_some_and(|before| loses_guard(&written.text, before))
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

/// Whether a function is there as before but for what asked, kept order or checked.
fn loses_guard(text: &str, before: &str) -> bool {
    let now = functions(text);
    functions(before).iter().any(|(head, body)| {
        let called = head.split(')').next();
        let Some((new, new_body)) = now.iter().find(|(other, _)| other.split(')').next() == called) else {
            return false;
        };
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
        let looks = "function total() external view returns (uint) { return address(this).balance; }";
        assert!(!open(looks, None, path));
        assert!(!open(sweep, None, "/home/you/work/coin/test/Pool.sol"));
    }
}
