using System.Buffers;
using RadLab.Radiology;

namespace RadLab.Tests;

/// <summary>Every rule of the tables finds its own example and leaves the one beside it.</summary>
public sealed class PhiRuleTests
{
    private static readonly PhiRule[] s_rules = [.. PhiRules.All];

    [Fact]
    public void Rules_have_names_of_their_own_and_reasons()
    {
        Assert.Equal(s_rules.Length, s_rules.Select(r => r.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.All(s_rules, r => Assert.True(r.Why.Length > 10 && r.Finds.Contains('{') && !r.Leaves.Contains('{'), r.Name));
    }

    [Fact]
    public void Every_rule_finds_its_example()
    {
        var deidentifier = new Deidentifier(new DeidentificationSettings());
        var wrong = new List<string>();
        foreach (var rule in s_rules)
        {
            string marked = rule.Finds.Replace('|', '\n'), text = marked.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);
            var findings = deidentifier.Scan(text);
            for (int at = 0, i = 0, depth = 0; i < marked.Length; i++)
            {
                if (marked[i] is '{' or '}') { depth += marked[i] == '{' ? 1 : -1; continue; }
                bool covered = findings.Any(f => at >= f.Start && at < f.End);
                if (char.IsLetterOrDigit(marked[i]) && covered != depth > 0)
                {
                    wrong.Add($"{rule.Name}: in \"{text}\" {string.Join(", ", findings.Select(f => $"{f.Kind} \"{text.Substring(f.Start, f.Length)}\""))}");
                    break;
                }
                at++;
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Every_rule_alone_matches_its_example_and_not_the_one_beside_it()
    {
        var wrong = new List<string>();
        foreach (var rule in s_rules)
        {
            if (!Alone(rule, rule.Finds)) wrong.Add($"{rule.Name} does not match its example");
            if (Alone(rule, rule.Leaves)) wrong.Add($"{rule.Name} matches what it must leave");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void A_pattern_with_an_unknown_class_is_refused() =>
        Assert.StartsWith("De-identification rule r: its pattern names the class Nonsense, which does not exist", Assert.Throws<InvalidOperationException>(() => Compile("[Nonsense]")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_pattern_with_an_unknown_part_is_refused() =>
        Assert.Equal("De-identification rule r: its pattern names the part $nonsense, which grammar.txt does not define.", Assert.Throws<InvalidOperationException>(() => Compile("[$nonsense]")).Message);

    [Fact]
    public void A_pattern_that_any_word_could_begin_is_refused() =>
        Assert.StartsWith("De-identification rule r: its first token could be nearly any word; name a list or a rare shape.", Assert.Throws<InvalidOperationException>(() => new PhiRuleSet([new("r", PhiKind.Name, "[Lower]", "{a}", "b", "because")])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("md", "ends too early", false)]
    [InlineData("md )", "ends too early", true)]
    [InlineData("[md", "misses ]", true)]
    [InlineData("< md [md]", "needs ( behind <", true)]
    [InlineData("<(md rn) [md]", "looks back at one token only", true)]
    [InlineData("[md] % md", "has a sign that the notation does not know", true)]
    public void A_pattern_that_breaks_the_notation_is_refused(string pattern, string why, bool refused)
    {
        if (!refused) Compile(pattern);
        else Assert.StartsWith($"De-identification rule r: its pattern {why}, near \"", Assert.Throws<InvalidOperationException>(() => Compile(pattern)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_with_a_line_too_few_or_out_of_place_is_refused()
    {
        string[] rule = ["rule: r", "kind: Name", "match: [md]", "finds: {a}", "leaves: b", "why: because"];
        Assert.Equal("r", Assert.Single(PhiRules.Read("t", rule)).Name);
        Assert.Equal("De-identification: the last rule of rules-t.txt lacks lines; a rule has rule, kind, match, finds, leaves and why.", Assert.Throws<InvalidOperationException>(() => PhiRules.Read("t", rule[..5])).Message);
        Assert.Equal("De-identification: rules-t.txt must give \"kind: \" where it has \"match: [md]\".", Assert.Throws<InvalidOperationException>(() => PhiRules.Read("t", [rule[0], rule[2], rule[1], .. rule[3..]])).Message);
        Assert.Equal("De-identification: the rules name the word \"xyzzyx\", which is not in the lexicon.", Assert.Throws<InvalidOperationException>(() => Lexicon.Number("xyzzyx")).Message);
    }

    [Fact]
    public void A_rule_finds_at_most_thirty_two_things_at_once()
    {
        var search = PatternSearch.OfThisThread;
        search.Begin();
        for (int i = 0; i < 64; i++) search.Mark(i);
        Assert.Equal("De-identification: a rule finds more than 32 things at once.", Assert.Throws<InvalidOperationException>(() => search.Mark(64)).Message);
        search.Begin();
        Assert.Equal(0, search.Count);
    }

    [Fact]
    public void A_text_rules_out_what_lacks_the_words_it_cannot_do_without()
    {
        (string Pattern, string[] Needs)[] cases = [("[md]", ["md"]), ("[md] rn", ["md", "rn"]), ("[md] rn?", ["md"]), ("[md (rn|do)]", ["md", "rn do"]), ("(md rn|do) [md]", ["md"]), ("[md] !(rn)", ["md"])];
        foreach (var (pattern, needs) in cases)
        {
            TokenPattern.Compile("r", pattern, out var required);
            Assert.Equal(needs, required.Select(s => string.Join(' ', s.Words!.Select(w => ((string[])["md", "rn", "do"]).Single(x => Lexicon.Number(x) == w)))));
        }
    }

    private static void Compile(string pattern) => TokenPattern.Compile("r", pattern, out _);

    private static bool Alone(PhiRule rule, string example)
    {
        string text = example.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal).Replace('|', '\n');
        var tokens = ArrayPool<TextToken>.Shared.Rent(text.Length);
        var fired = new List<PhiRule>();
        var scanner = new PhiScanner(text, tokens, [], datesExpected: false, fired);
        // a rule that leans on findings needs the passes before it
        if (rule.Pattern.Contains('@', StringComparison.Ordinal)) scanner.Run(PhiRules.PassOf(rule));
        scanner.Apply(new PhiRuleSet([rule]));
        ArrayPool<TextToken>.Shared.Return(tokens);
        return fired.Contains(rule);
    }
}
