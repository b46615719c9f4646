using System.Text.Json;
using System.Text.RegularExpressions;
using RadLab.Radiology;

namespace RadLab.Tests;

public sealed partial class SyntheticReportsTests
{
    private const ulong Seed = 20_260;

    // made once: most tests read the same records
    private static readonly Lazy<(SyntheticReport Report, IReadOnlySet<string> Templates, StudyState State)[]> s_records =
        new(() =>
        [
            .. Enumerable.Range(0, 4000).Select(i => SyntheticReports.Write(Seed, i, SyntheticSettings.Default)),
            .. Enumerable.Range(1, 3).SelectMany(one => Enumerable.Range(0, 500).Select(i => SyntheticReports.Write(Seed + (ulong)one, i, new SyntheticSettings { Radiologist = (ulong)one }))),
        ]);

    [Fact]
    public void Ten_thousand_reports_hold_9500_distinct_findings_texts()
    {
        int distinct = SyntheticReports.Generate(1, 10_000).Select(r => r.Report.Findings).Distinct().Count();
        Assert.InRange(distinct, 9_500, 10_000);
    }

    [Fact]
    public void A_record_depends_on_seed_and_number_alone()
    {
        string[] inOrder = [.. SyntheticReports.Generate(5, 300).Select(Json)];
        string[] anyOrder = new string[300];
        Parallel.For(0, 300, i => anyOrder[299 - i] = Json(SyntheticReports.At(5, 299 - i)));
        Assert.Equal(inOrder, anyOrder);
        Assert.Empty(inOrder.Intersect(SyntheticReports.Generate(6, 300).Select(Json)));
    }

    [Fact]
    public void All_modalities_and_examinations_occur()
    {
        Assert.Equal(["CR", "CT", "MR", "RF"], s_records.Value.Select(r => r.Report.Report.Modality!).Distinct().Order());
        Assert.Equal(ReportExams.All.Select(e => e.Name).Order(), s_records.Value.Select(r => r.State.Exam.Name).Distinct().Order());
        Assert.True(ReportExams.All.Count >= 35);
    }

    [Fact]
    public void Every_report_has_its_sections_and_well_formed_sentences()
    {
        foreach (var (made, _, _) in s_records.Value)
        {
            var r = made.Report;
            foreach (string section in new[] { r.Exam, r.Indication, r.Technique, r.Comparison, r.Findings, r.Impression })
            {
                Assert.NotEmpty(section);
                Assert.False(Malformed().IsMatch(section), $"{r.Id}: {Malformed().Match(section).Value} in '{section}'");
            }
            Assert.Matches("^(1\\. )?[A-Z0-9]", r.Impression);
            Assert.EndsWith(".", r.Findings, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Nothing_is_present_and_absent_at_once_in_the_structure()
    {
        foreach (var (made, _, state) in s_records.Value)
        {
            var present = state.Findings.Where(f => !f.Resolved).ToArray();
            foreach (var absent in made.Entities.Where(e => e.Negated && e.Change != EntityChange.Resolved))
                Assert.False(present.Any(f => f.Finding.Is(absent.Name)), $"{made.Report.Id}: {absent.Name} is denied beside {string.Join(", ", present.Select(f => f.Finding.Name))}");
            foreach (var (a, b) in present.SelectMany((a, i) => present.Skip(i + 1).Select(b => (a, b))))
                Assert.False(a.Finding != b.Finding && a.Finding.ConflictsWith(b.Finding), $"{made.Report.Id}: {a.Finding.Name} beside {b.Finding.Name}");
        }
    }

    [Fact]
    public void Nothing_is_present_and_absent_at_once_in_the_text()
    {
        string[] terms =
        [
            "pneumothorax", "pleural effusion", "consolidation", "pulmonary edema", "hydronephrosis", "appendicitis", "diverticulitis", "ascites", "joint effusion", "hiatal hernia", "Baker cyst", "subdural", "pulmonary embolism",
            "bowel obstruction", "lymphadenopathy", "free air", "midline shift", "cardiomegaly", "vesicoureteral reflux", "aspiration", "labral tear", "anterolisthesis", "acute fracture",
        ];
        Regex[] words = [.. terms.Select(t => new Regex($@"\b{t}", RegexOptions.IgnoreCase | RegexOptions.Compiled))];
        foreach (var (made, _, _) in s_records.Value)
        {
            var sentences = Sentences(made.Report.Findings).Concat(Sentences(made.Report.Impression)).Select(s => (Text: s, Denies: Denial().IsMatch(s), Gone: Gone().IsMatch(s))).ToArray();
            foreach (var term in words)
            {
                string? denied = sentences.FirstOrDefault(s => s.Denies && term.IsMatch(s.Text)).Text;
                string? stated = denied is null ? null : sentences.FirstOrDefault(s => !s.Denies && !s.Gone && term.IsMatch(s.Text)).Text;
                Assert.True(stated is null, $"{made.Report.Id}: '{denied}' and '{stated}'");
            }
        }
    }

    [Fact]
    public void Every_statement_of_the_impression_rests_on_the_findings()
    {
        foreach (var (made, _, _) in s_records.Value)
        {
            Assert.NotEmpty(made.Statements);
            foreach (var statement in made.Statements)
            {
                string text = statement.Span.In(made.Report.Impression);
                var entities = statement.Entities.Select(i => made.Entities[i]).ToArray();
                Assert.True(entities.Any(e => Grounded(e, made)), $"{made.Report.Id}: '{text}' rests on nothing");
                Assert.True(entities.All(e => Grounded(e, made) || e.Negated), $"{made.Report.Id}: '{text}' states what the findings do not");
                // the same number in the same unit
                foreach (Match size in Sizes().Matches(text))
                    Assert.True(made.Report.Findings.Contains(size.Value, StringComparison.Ordinal), $"{made.Report.Id}: {size.Value} in '{text}' but not in the findings");
                if (entities is [{ Negated: false, Side: EntitySide.Right or EntitySide.Left } only])
                    Assert.DoesNotContain(only.Side == EntitySide.Right ? " left " : " right ", text, StringComparison.OrdinalIgnoreCase);
            }
        }
    }

    [Fact]
    public void What_is_significant_stands_in_the_impression()
    {
        foreach (var (made, _, state) in s_records.Value)
            foreach (var urgent in state.Findings.Where(f => f is { Rank: 3, Resolved: false }))
                Assert.True(made.Entities.Any(e => e.Name == urgent.Finding.Name && e.Place == urgent.Place && e.Impression is not null) || made.Statements.Count == 7, $"{made.Report.Id}: {urgent.Finding.Name} is not in the impression");
    }

    [Fact]
    public void Numbered_impressions_count_without_gaps_and_say_nothing_twice()
    {
        foreach (var (made, _, _) in s_records.Value)
        {
            var numbers = Regex.Matches(made.Report.Impression, @"(?:^|\n|\. )(\d)\. ").Select(m => m.Groups[1].Value[0] - '0').ToArray();
            Assert.Equal(Enumerable.Range(1, numbers.Length), numbers);
            string[] statements = [.. made.Statements.Select(s => s.Span.In(made.Report.Impression))];
            Assert.Equal(statements.Length, statements.Distinct().Count());
        }
    }

    [Fact]
    public void Entities_lie_on_their_words()
    {
        foreach (var (made, _, _) in s_records.Value)
            foreach (var e in made.Entities)
            {
                Assert.True(e.Findings is not null || e.Impression is not null);
                foreach (var (span, text) in new[] { (e.Findings, made.Report.Findings), (e.Impression, made.Report.Impression) })
                {
                    if (span is null) continue;
                    string words = span.Value.In(text);
                    Assert.Equal(words.Trim(), words);
                    Assert.NotEmpty(words);
                    bool startsWord = span.Value.Start == 0 || !char.IsLetterOrDigit(text[span.Value.Start - 1]);
                    Assert.True(startsWord, $"{made.Report.Id}: '{words}' begins inside a word");
                }
                if (e is { Negated: false, Severity.Length: > 0 }) Assert.Contains(e.Severity, made.Report.Findings + made.Report.Impression, StringComparison.OrdinalIgnoreCase);
                if (e is { Negated: false, Place.Length: > 0, Explains: null }) Assert.Contains(e.Place, made.Report.Findings, StringComparison.OrdinalIgnoreCase);
            }
    }

    [Fact]
    public void Men_have_no_uterus_and_women_no_prostate()
    {
        foreach (var (made, _, state) in s_records.Value)
            Assert.DoesNotMatch(state.Sex == 'M' ? "(?i)uter(us|ine)|ovar|adnex|endometri|hysterectomy|fibroid| woman| girl" : "(?i)prostat|seminal| man | boy", $" {made.Report.Indication} {made.Report.Findings} {made.Report.Impression} ");
    }

    [Fact]
    public void Advice_for_lung_nodules_follows_their_size()
    {
        int seen = 0;
        for (int i = 0; seen < 40; i++)
        {
            var (made, _, state) = SyntheticReports.Write(3, i, SyntheticSettings.Default);
            foreach (var nodule in state.Findings.Where(f => f is { Finding.Name: "solid pulmonary nodule", Resolved: false, Change: EntityChange.NotCompared or EntityChange.New }))
            {
                var statement = made.Statements.FirstOrDefault(s => s.Entities.Any(e => made.Entities[e] is { Name: "solid pulmonary nodule" } entity && entity.Place == nodule.Place));
                if (statement is null) continue;
                seen++;
                var advice = nodule.Largest < 6 ? Advice.NoFollowUp : nodule.Largest <= 8 ? Advice.NoduleYear : Advice.NoduleSoon;
                Assert.Contains(advice, a => statement.Span.In(made.Report.Impression).EndsWith(a, StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void A_later_study_is_compared_with_what_the_earlier_report_said()
    {
        int compared = 0;
        foreach (var (before, after) in s_records.Value.Zip(s_records.Value.Skip(1)))
        {
            if (after.Report.Study == 0) continue;
            Assert.Equal(before.Report.Report.PatientId, after.Report.Report.PatientId);
            Assert.Equal(before.State.Exam, after.State.Exam);
            Assert.DoesNotMatch("^(None|No prior|There are no)", after.Report.Report.Comparison);
            foreach (var e in after.Report.Entities.Where(e => e.Explains is null && e.Change != EntityChange.NotCompared))
            {
                var prior = before.Report.Entities.FirstOrDefault(p => p.Name == e.Name && p.Place == e.Place && p.Explains is null && !p.Negated);
                Assert.Equal(e.Change == EntityChange.New, prior is null);
                if (prior is null || e.PriorSizeMm.Count == 0) continue;
                compared++;
                if (prior.SizeMm.Count > 0) Assert.Equal(prior.SizeMm, e.PriorSizeMm);
                if (e.SizeMm.Count > 0) Assert.Equal(e.Change == EntityChange.Increased, e.SizeMm[0] > e.PriorSizeMm[0]);
            }
        }
        Assert.True(compared > 30, $"{compared} sizes compared");
    }

    [Fact]
    public void Patients_have_one_to_four_studies_and_ids_of_their_own()
    {
        var patients = s_records.Value.GroupBy(r => r.Report.Report.PatientId).ToArray();
        Assert.All(patients, p => Assert.Equal(Enumerable.Range(0, p.Count()), p.Select(r => r.Report.Study)));
        Assert.Equal([1, 2, 3, 4], patients.Select(p => p.Count()).Distinct().Order());
        Assert.All(SyntheticReports.Generate(1, 50, new SyntheticSettings { MaxStudiesPerPatient = 1 }), r => Assert.Equal(0, r.Study));
        Assert.All(SyntheticReports.Generate(1, 50, new SyntheticSettings { PatientIds = false }), r => Assert.Null(r.Report.PatientId));
    }

    [Fact]
    public void Held_out_templates_and_sentences_are_not_in_the_kept_part()
    {
        var kept = Part(SyntheticPart.Kept);
        var heldOut = Part(SyntheticPart.HeldOut);
        Assert.Empty(kept.Templates.Intersect(heldOut.Templates));
        Assert.Empty(kept.Sentences.Intersect(heldOut.Sentences));
        Assert.True(heldOut.Sentences.Count > 2000);

        static (HashSet<string> Templates, HashSet<string> Sentences) Part(SyntheticPart part)
        {
            var records = Enumerable.Range(0, 2500).Select(i => SyntheticReports.Write(part == SyntheticPart.Kept ? 1u : 2u, i, new SyntheticSettings { Part = part })).ToArray();
            return ([.. records.SelectMany(r => r.Templates)], [.. records.SelectMany(r => Sentences(r.Report.Report.Findings).Concat(Sentences(r.Report.Report.Impression)))]);
        }
    }

    [Fact]
    public void Noise_changes_words_but_not_what_is_true()
    {
        var noisy = new SyntheticSettings { NoiseRate = 0.3 };
        int changed = 0;
        for (int i = 0; i < 300; i++)
        {
            var clean = SyntheticReports.At(9, i);
            var made = SyntheticReports.At(9, i, noisy);
            if (made.Report.Findings != clean.Report.Findings) changed++;
            Assert.Equal(clean.Entities.Count, made.Entities.Count);
            foreach (var (a, b) in clean.Entities.Zip(made.Entities))
            {
                Assert.Equal((a.Name, a.Negated, a.Side, a.Change), (b.Name, b.Negated, b.Side, b.Change));
                if (a.Findings is { } f && !f.In(clean.Report.Findings).Contains('.')) Assert.Equal(f.In(clean.Report.Findings), b.Findings!.Value.In(made.Report.Findings));
            }
            Assert.Equal(Digits(clean.Report.Findings), Digits(made.Report.Findings));
        }
        Assert.True(changed > 280);

        static string Digits(string text) => string.Concat(text.Where(char.IsDigit));
    }

    [Fact]
    public void Impossible_arguments_are_named()
    {
        Says("SyntheticSettings: TemplateShare must be between 0 and 0.5, got 0.7.", () => SyntheticReports.At(1, 0, new SyntheticSettings { TemplateShare = 0.7 }));
        Says("SyntheticSettings: VocabularyShare must be between 0 and 0.5, got -1.", () => SyntheticReports.At(1, 0, new SyntheticSettings { VocabularyShare = -1 }));
        Says("SyntheticSettings: MaxStudiesPerPatient must be between 1 and 8, got 9.", () => SyntheticReports.At(1, 0, new SyntheticSettings { MaxStudiesPerPatient = 9 }));
        Says("SyntheticSettings: NoiseRate must be between 0 and 0.5, got 2.", () => SyntheticReports.At(1, 0, new SyntheticSettings { NoiseRate = 2 }));
        Says("SyntheticSettings: Part must be All, Kept or HeldOut, got 7.", () => SyntheticReports.At(1, 0, new SyntheticSettings { Part = (SyntheticPart)7 }));
        Says("SyntheticReports.At: index must be at least 0, got -1.", () => SyntheticReports.At(1, -1));
        Says("SyntheticReports.Generate: count must be at least 0, got -1.", () => SyntheticReports.Generate(1, -1));

        static void Says(string message, Action act) => Assert.StartsWith(message, Assert.Throws<ArgumentOutOfRangeException>(act).Message, StringComparison.Ordinal);
    }

    private static string Json(SyntheticReport report) => JsonSerializer.Serialize(report);

    private static bool Grounded(SyntheticEntity e, SyntheticReport made) => e.Findings is not null || (e.Explains is { } i && made.Entities[i].Findings is not null);

    private static IEnumerable<string> Sentences(string text) => SentenceEnd().Split(text).Select(s => Heading().Replace(s, "").Trim()).Where(s => s.Length > 3);

    [GeneratedRegex(@"  |\s[.,;:]|[,;]\.|\.\.|\{|\}|\[|\]|\ba [aeio]|\ban [bcdfgjkptvwz]|,,|\bthe the\b|\bof of\b", RegexOptions.IgnoreCase)]
    private static partial Regex Malformed();

    [GeneratedRegex(@"(?<=[a-z)][.])\s+|(?<=\d (mm|cm)\.)\s+|(?<=\b[A-Z]\d\.)\s+|\n")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"^([A-Za-z ,]+: |\d\. )")]
    private static partial Regex Heading();

    [GeneratedRegex(@"^(No|There (is|are|was|were) no|Negative for)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Denial();

    [GeneratedRegex(@"resol|no longer|without|\bno\b", RegexOptions.IgnoreCase)]
    private static partial Regex Gone();

    [GeneratedRegex(@"\d+(\.\d)?( x \d+(\.\d)?)* (mm|cm)\b")]
    private static partial Regex Sizes();
}
