using System.Text.RegularExpressions;
using RadLab.Radiology;
using Xunit.Abstractions;

namespace RadLab.Tests;

public sealed partial class SectionParserTests(ITestOutputHelper output)
{
    private static string Parse(string text)
    {
        var spans = SectionParser.Split(text);
        return string.Join(" | ", SectionScore.Kinds.Select(k => (k, t: SectionParser.Text(text, spans, k))).Where(s => s.t.Length > 0).Select(s => $"{s.k}={s.t}"));
    }

    [Theory]
    [InlineData("INDICATION: Cough.\nFINDINGS: Clear lungs.\nIMPRESSION: Normal.", "Indication=Cough. | Findings=Clear lungs. | Impression=Normal.")]
    [InlineData("Clinical history: Cough.\nFindings: Clear.\nImpression: Normal.", "Indication=Cough. | Findings=Clear. | Impression=Normal.")]
    [InlineData("REASON FOR THIS EXAMINATION:\n  cough\n\nCOMPARISON:  None.\n\nFINDINGS:\n\nClear.\n\nCONCLUSION:\n1. Normal.\n2. No mass.", "Indication=cough | Comparison=None. | Findings=Clear. | Impression=1. Normal.\n2. No mass.")]
    [InlineData("FINDINGS\nThe heart is normal.\nIMPRESSION\nNormal heart.", "Findings=The heart is normal. | Impression=Normal heart.")]
    [InlineData("FINDINGS The heart is normal. IMPRESSION Normal heart.", "Findings=The heart is normal. | Impression=Normal heart.")]
    [InlineData("TECHNIQUE: PA. FINDINGS: Clear. IMPRESSION: Normal.", "Technique=PA. | Findings=Clear. | Impression=Normal.")]
    [InlineData("INDICATION: cough TECHNIQUE: PA FINDINGS: clear IMPRESSION: normal", "Indication=cough | Technique=PA | Findings=clear | Impression=normal")]
    [InlineData("Findings: Clear. Impression: Normal.", "Findings=Clear. | Impression=Normal.")]
    [InlineData("FINDINGS - Clear.\nIMPRESSION -- Normal.", "Findings=Clear. | Impression=Normal.")]
    [InlineData("**FINDINGS:** Clear.\n# IMPRESSION:\nNormal.", "Findings=Clear. | Impression=Normal.")]
    [InlineData("MRI LEFT KNEE FINDINGS: Torn meniscus.\nIMPRESSION: : Tear.", "Findings=Torn meniscus. | Impression=Tear.")]
    [InlineData("FINDINGS: LIVER: Normal.\nSPLEEN: Normal.\nL4-L5: Bulge.\nIMPRESSION: Bulge.", "Findings=LIVER: Normal.\nSPLEEN: Normal.\nL4-L5: Bulge. | Impression=Bulge.")]
    [InlineData("FINDINGS: a.\nIMPRESSION: b.\nPLAN: c.\nElectronically signed by: d", "Findings=a. | Impression=b.")]
    [InlineData("CHEST:\nFINDINGS: a.\nIMPRESSION: b.\nABDOMEN:\nFINDINGS: c.\nIMPRESSION: d.", "Findings=a.\nc. | Impression=b.\nABDOMEN:\nd.")]
    [InlineData("FINDINGS CONSISTENT WITH PNEUMONIA IN BOTH LUNGS.", "")]
    [InlineData("We made these findings of note.\nWe have no impression of change.", "")]
    [InlineData("FINDINGS: Ratio 12:30. No comparison. The impression: unchanged.", "Findings=Ratio 12:30. No comparison. The impression: unchanged.")]
    [InlineData("", "")]
    public void Headings_are_found_in_their_many_spellings(string text, string expected) => Assert.Equal(expected, Parse(text));

    [Fact]
    public void What_the_source_gives_is_left_as_it_is()
    {
        var report = new Report { Id = "1", Source = "s", Findings = "given", Text = "FINDINGS: other\nIMPRESSION: found\nEXAM: CT" };
        var filled = SectionParser.Fill(report);
        Assert.Equal(("given", "found", "CT"), (filled.Findings, filled.Impression, filled.Exam));
        Assert.Same(report.Text, filled.Text);
        var whole = report with { Text = "" };
        Assert.Same(whole, SectionParser.Fill(whole));
    }

    [Fact]
    public void Any_text_gives_ordered_sections_within_it()
    {
        string[] pieces = ["FINDINGS", "IMPRESSION", "Impression", ":", "\n", " ", ". ", "1.", "the heart", "A", "-", "\t", "é", "CT CHEST", "PLAN:"];
        var random = new SeededRandom(3, 1, 1);
        for (int round = 0; round < 3000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Between(0, 14)).Select(_ => pieces[random.Below(pieces.Length)]));
            int last = -1;
            foreach (var span in SectionParser.Split(text))
            {
                Assert.True(span.Heading > last && span.Start > span.Heading && span.Length >= 0 && span.Start + span.Length <= text.Length, text);
                last = span.Heading;
            }
        }
    }

    /// <summary>
    /// The MTSamples pages mark their headings, so their sections are known, as far as the page's author marked them. Scored on the text alone, as it is and in three rewritten forms.
    /// </summary>
    [SkippableTheory]
    [InlineData("as is", 0.95, 0.98)]
    [InlineData("on one line", 0.90, 0.96)]
    [InlineData("capitals only at the beginning", 0.91, 0.96)]
    [InlineData("without colons", 0.81, 0.88)]
    public void Known_sections_of_real_documents_are_found(string form, double exact, double words)
    {
        string file = SharedData.Require("reports/mtsamples-radiology/reports.jsonl");
        Func<string, string> rewrite = form switch
        {
            "as is" => t => t,
            "on one line" => t => t.Replace('\n', ' '),
            "capitals only at the beginning" => t => Heading().Replace(t, m => m.Value[0] + m.Value[1..].ToLowerInvariant()),
            _ => t => Heading().Replace(t, m => m.Value.Replace(":", "", StringComparison.Ordinal)),
        };
        var score = SectionScore.OfMtSamples(file, rewrite);
        var all = score.All;
        output.WriteLine($"{form}: {all.Exact} of {all.Known} sections word for word ({(double)all.Exact / all.Known:0.000}), words F1 {all.WordF1:0.000}");
        foreach (var kind in SectionScore.Kinds) output.WriteLine($"  {kind}: {score[kind]}");
        Assert.Equal(365, all.Known);
        Assert.True((double)all.Exact / all.Known >= exact && all.WordF1 >= words, $"{form}: exact {(double)all.Exact / all.Known:0.000}, words {all.WordF1:0.000}");
    }

    [GeneratedRegex(@"^[A-Z][A-Z /&-]{2,50}:", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
