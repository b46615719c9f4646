using RadLab.Radiology;

namespace RadLab.Tests;

/// <summary>Rules that the tables of examinations keep, so that no combination of their parts can go wrong.</summary>
public sealed class ReportExamsTests
{
    private static readonly string[] s_slots = ["x", "a", "there", "is", "has", "was", "s", "side", "examside", "place", "at", "size", "grade", "new", "since", "prior", "dx"];

    public static TheoryData<string> Exams => [.. ReportExams.All.Select(e => e.Name)];

    [Theory]
    [MemberData(nameof(Exams))]
    public void Sentences_use_what_their_finding_has_and_say_how_it_changed(string name)
    {
        foreach (var (f, _) in ReportExams.All.Single(e => e.Name == name).AllFindings())
            foreach (var template in f.Says.Templates.Concat(f.Ends?.Templates ?? []))
            {
                var slots = template.Slots.ToHashSet();
                string here = $"{f.Name}: {template.Source}";
                Assert.True(slots.Contains("x") || !slots.Contains("dx"), here);
                Assert.True(!slots.Contains("size") || f.Size is not null, here);
                Assert.True(!slots.Contains("grade") || f.Grades.Length > 0, here);
                Assert.True(!slots.Contains("side") || f.Side != FindingSide.None, here);
                Assert.True(!(slots.Contains("at") || slots.Contains("place")) || f.Places.Length > 0, here);
                Assert.True(!slots.Contains("dx") || f.Diagnoses.Length > 0, here);
                Assert.All(slots, s => Assert.True(s_slots.Contains(s) || f.Traits.Any(t => t.Name == s), $"{here} has no {s}"));
                if (f.Course != FindingCourse.Fixed) Assert.True(slots.Contains("since") ^ slots.Contains("new"), $"{here} must name the change once");
            }
    }

    [Theory]
    [MemberData(nameof(Exams))]
    public void The_impression_says_nothing_that_a_findings_sentence_leaves_out(string name)
    {
        foreach (var (f, _) in ReportExams.All.Single(e => e.Name == name).AllFindings())
        {
            Assert.True(f.Rank is >= 0 and <= 3 && (f.Rank == 0) == (f.Ends is null), $"{f.Name}: rank {f.Rank}");
            if (f.Ends is null) continue;
            var details = f.Traits.Select(t => t.Name).Concat(["size", "grade", "side", "place"]).ToHashSet();
            var always = f.Says.Templates.Select(Details).Aggregate((a, b) => [.. a.Intersect(b)]);
            foreach (var end in f.Ends.Templates) Assert.True(Details(end).IsSubsetOf(always), $"{f.Name}: '{end.Source}' says more than its findings");

            HashSet<string> Details(SentenceTemplate t) => [.. t.Slots.Select(s => s == "at" ? "place" : s).Where(details.Contains)];
        }
    }

    [Theory]
    [MemberData(nameof(Exams))]
    public void Questions_can_be_answered_and_boosts_exist(string name)
    {
        var exam = ReportExams.All.Single(e => e.Name == name);
        foreach (var reason in exam.Reasons)
        {
            foreach (string named in reason.Boosts.Concat(reason.NotWith)) Assert.True(exam.AllFindings().Any(f => f.Finding.Is(named)), $"{named} is in no organ");
            if (reason.Question is { } q) Assert.True(exam.Organs.Any(o => o.Negatives.Any(n => n.Concept == q) || o.Normals.Any(n => n.Denies.Contains(q))), $"nothing denies {q}");
            Assert.Equal(reason.Question is null, reason.Asks.Length == 0);
        }
        foreach (char sex in "FM".Where(s => exam.Sex == 0 || exam.Sex == s))
            for (int age = exam.MinAge; age <= exam.MaxAge; age++)
                Assert.Contains(exam.Reasons, r => (r.Sex == 0 || r.Sex == sex) && age >= r.MinAge && age <= r.MaxAge);
    }

    [Fact]
    public void Every_finding_can_be_written_in_every_state()
    {
        var style = new ReportStyle(new SeededRandom(1, 1, 1));
        var text = new SectionText();
        foreach (var exam in ReportExams.All)
            foreach (var (f, organ) in exam.AllFindings())
                foreach (var change in Enum.GetValues<EntityChange>())
                    foreach (var noun in f.NounList)
                    {
                        int[] size = f.Size is { } range ? [.. Enumerable.Repeat(range.Most, range.Dimensions)] : [];
                        var state = new FindingState(f, organ)
                        {
                            Change = change, Side = f.Side == FindingSide.EitherOrBoth ? EntitySide.Both : f.Side == FindingSide.None ? EntitySide.None : EntitySide.Left, PlaceIndex = f.Places.Length - 1, Grade = f.Grades.Length - 1, SizeMm = size,
                            PriorSizeMm = size, Diagnosis = f.Diagnoses.Length - 1, Traits = new int[f.Traits.Length],
                        };
                        foreach (var template in f.Says.Templates.Concat(f.Ends?.Templates ?? []).Concat(CommonWordings.Resolved.Templates).Concat(CommonWordings.Doubtful.Templates).Concat(CommonWordings.Old.Templates))
                        {
                            text.Clear();
                            template.Write(text, new FindingSlots(state, noun, EntitySide.Left, style, new SeededRandom(1, 2, 3)), new SeededRandom(1, 2, 3));
                            Assert.EndsWith(".", text.ToString(), StringComparison.Ordinal);
                            Assert.DoesNotContain("  ", text.ToString(), StringComparison.Ordinal);
                            Assert.DoesNotContain("{", text.ToString(), StringComparison.Ordinal);
                        }
                    }
    }
}
