using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using RadLab.Radiology;

namespace RadLab.Tests;

/// <summary>Replacement, audit and consistency, on planted texts and on hand-made ones.</summary>
public sealed class DeidentifierTests
{
    private static readonly byte[] s_key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly Deidentifier s_safe = new(new DeidentificationSettings());
    private static readonly Deidentifier s_surrogates = new(new DeidentificationSettings { Mode = DeidentificationMode.Surrogates, Key = s_key });

    [Fact]
    public void Safe_harbor_keeps_the_year_and_nothing_else_of_a_date()
    {
        var report = Of("Mr. Halvorsen, a 93-year-old, DOB 5/2/1921, was seen on March 14, 2014 at 10:22 AM, MRN 4452310, at 08:15 and in 03/2013.");
        Assert.Equal("Mr. [NAME], a [AGE 90+]-year-old, DOB [DATE], was seen on [DATE 2014], MRN [MRN], at [TIME] and in [DATE 2013].", s_safe.Apply(report).Report.Findings);
    }

    [Fact]
    public void A_report_without_findings_comes_back_as_the_same_record()
    {
        var report = Of("The lungs are clear.");
        var result = s_safe.Apply(report);
        Assert.Same(report, result.Report);
        Assert.Empty(result.Replacements);
    }

    [Fact]
    public void A_second_pass_finds_nothing_in_either_mode()
    {
        var planter = new PhiPlanter(77);
        for (int n = 0; n < 400; n++)
        {
            var report = Of(planter.Make(n).Text) with { Id = n.ToString(CultureInfo.InvariantCulture) };
            foreach (var deidentifier in new[] { s_safe, s_surrogates })
            {
                var once = deidentifier.Apply(report).Report;
                var twice = s_safe.Apply(once);
                Assert.True(twice.Replacements.Count == 0, $"report {n}: {string.Join(", ", twice.Replacements.Select(r => $"{r.Kind} {once.Findings.Substring(r.Start, r.Length)} in {once.Findings[Math.Max(0, r.Start - 30)..Math.Min(once.Findings.Length, r.Start + r.Length + 20)]}"))}");
            }
        }
    }

    [Fact]
    public void A_text_may_begin_with_the_rest_of_an_enumeration() => Assert.Empty(s_safe.Apply(Of(", and 10/12 ribs")).Replacements);

    [Fact]
    public void Safe_harbor_is_idempotent_on_arbitrary_mixtures()
    {
        string[] pieces = ["Dr. ", "Kovacevic", " ", ", ", "\n", "3/14/2014", "[NAME]", "MRN 4452310", "5 pm", "on ", "Hollowbrook", "patient ", "per ", "JOHN ", "'s ", "[", "~]", "617-555-0123", "92-year-old", "signed by: ", "in March", ". ", "lives in ", "10/12 ribs", "St. ", "Hospital", "of ", "a@b.org", "X", "___", "(", "and "];
        var mixture = Gen.Elements(pieces).ListOf().Select(string.Concat).ToArbitrary();
        Prop.ForAll(mixture, text =>
        {
            var once = s_safe.Apply(Of(text)).Report;
            return s_safe.Apply(once).Replacements.Count == 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Theory]
    [InlineData(DeidentificationMode.SafeHarbor)]
    [InlineData(DeidentificationMode.Surrogates)]
    public void Replaying_the_audit_on_the_original_gives_the_output(DeidentificationMode mode)
    {
        var deidentifier = new Deidentifier(new DeidentificationSettings { Mode = mode, Key = s_key });
        var planter = new PhiPlanter(5);
        for (int n = 0; n < 300; n++)
        {
            string original = planter.Make(n).Text;
            var (report, audit) = (deidentifier.Apply(Of(original)) is var r ? (r.Report, r.Replacements) : default);
            var replayed = new StringBuilder();
            int at = 0;
            foreach (var line in audit)
            {
                Assert.Equal(ReportField.Findings, line.Section);
                Assert.True(line.Start >= at && line.Length > 0);
                replayed.Append(original, at, line.Start - at);
                Assert.Equal(line.OutputStart, replayed.Length);
                replayed.Append(report.Findings, line.OutputStart, line.OutputLength);
                at = line.Start + line.Length;
            }
            Assert.Equal(report.Findings, replayed.Append(original, at, original.Length - at).ToString());
        }
    }

    [Fact]
    public void Every_field_is_cleaned_and_named_in_the_audit()
    {
        var report = new Report { Id = "1", Source = "test", Exam = "CT for Dr. Halvorsen", Indication = "Fall 3/14/2014", Technique = "MRN 4452310", Comparison = "3/14", Findings = "Call 617-555-0123", Impression = "Discussed with Dr. Quist", Text = "SSN 123-45-6789" };
        var result = s_safe.Apply(report);
        Assert.Equal(Enum.GetValues<ReportField>(), result.Replacements.Select(r => r.Section));
        Assert.Equal("[DATE]", result.Report.Comparison);
    }

    [Fact]
    public void Surrogates_are_equal_within_a_patient_and_differ_between_patients()
    {
        string At(string patient, string text) => s_surrogates.Apply(Of(text) with { PatientId = patient }).Report.Findings;
        string first = At("1", "Mrs. Anna Kovacevic was seen."), again = At("1", "Ms. KOVACEVIC returned.");
        string surrogate = first.Split("[~")[1].Split("~]")[0].Split(' ')[1];
        Assert.Contains($"[~{surrogate}~]", again, StringComparison.Ordinal);
        var others = Enumerable.Range(2, 12).Select(p => At(p.ToString(CultureInfo.InvariantCulture), "Ms. KOVACEVIC returned.")).Distinct().Count();
        Assert.True(others > 6, $"{others} different surrogates for 12 patients");
    }

    [Fact]
    public void Intervals_between_dates_stay_in_surrogates()
    {
        var planter = new SeededRandom(9, 9, 9);
        for (int n = 0; n < 200; n++)
        {
            var a = new DateTime(2000, 1, 1).AddDays(planter.Below(9000));
            var b = a.AddDays(planter.Between(1, 900));
            string text = string.Create(CultureInfo.InvariantCulture, $"Seen {a:MM/dd/yyyy} and again on {b:yyyy-MM-dd}.");
            string result = s_surrogates.Apply(Of(text) with { PatientId = n.ToString(CultureInfo.InvariantCulture) }).Report.Findings;
            string[] dates = [.. result.Split("[~").Skip(1).Select(p => p.Split("~]")[0])];
            var c = DateTime.ParseExact(dates[0], "MM/dd/yyyy", CultureInfo.InvariantCulture);
            var d = DateTime.ParseExact(dates[1], "yyyy-MM-dd", CultureInfo.InvariantCulture);
            Assert.Equal(b - a, d - c);
            Assert.NotEqual(a, c);
            Assert.Equal(a.DayOfWeek, c.DayOfWeek);
        }
    }

    [Fact]
    public void Audit_tokens_are_equal_for_equal_values_under_one_key_only()
    {
        IReadOnlyList<Replacement> Audit(byte[]? key) => new Deidentifier(new DeidentificationSettings { AuditTokens = true, Key = key }).Apply(Of("Call 617-555-0123, again 617-555-0123.")).Replacements;
        var audit = Audit(s_key);
        Assert.Equal(audit[0].Token, audit[1].Token);
        Assert.Equal(32, audit[0].Token!.Length);
        Assert.NotEqual(audit[0].Token, Audit(null)[0].Token);
        Assert.Null(s_safe.Apply(Of("Call 617-555-0123.")).Replacements[0].Token);
    }

    [Fact]
    public void Many_threads_get_the_same_result()
    {
        var planter = new PhiPlanter(3);
        string[] texts = [.. Enumerable.Range(0, 200).Select(n => planter.Make(n).Text)];
        string[] alone = [.. texts.Select(t => s_surrogates.Apply(Of(t)).Report.Findings)];
        var together = new string[texts.Length];
        Parallel.For(0, texts.Length, n => together[n] = s_surrogates.Apply(Of(texts[n])).Report.Findings);
        Assert.Equal(alone, together);
    }

    [Fact]
    public void A_short_key_is_refused() =>
        Assert.Equal("Deidentifier: Key must have at least 32 bytes, got 8; leave it null for a random one. (Parameter 'settings')", Assert.Throws<ArgumentException>(() => new Deidentifier(new DeidentificationSettings { Key = new byte[8] })).Message);

    [Fact]
    public void An_offset_of_no_weeks_is_refused() =>
        Assert.StartsWith("Deidentifier: MostWeeksShifted must be from 1 to 5000, got 0.", Assert.Throws<ArgumentException>(() => new Deidentifier(new DeidentificationSettings { MostWeeksShifted = 0 })).Message, StringComparison.Ordinal);

    private static Report Of(string findings) => new() { Id = "1", Source = "test", Findings = findings };
}
