using System.Text.RegularExpressions;
using RadLab.Radiology;
using Xunit.Abstractions;

namespace RadLab.Tests;

public sealed partial class SectionParserTests(ITestOutputHelper output)
{
    [SkippableFact]
    public void Scores()
    {
        string file = SharedData.Require("reports/mtsamples-radiology/reports.jsonl");
        foreach (var (name, rewrite) in new (string, Func<string, string>)[] { ("as is", t => t), ("one line", t => t.Replace('\n', ' ')) })
        {
            var s = SectionScore.OfMtSamples(file, rewrite);
            output.WriteLine($"{name}: {s.All}");
            foreach (var k in SectionScore.Kinds) output.WriteLine($"   {k}: {s[k]}");
            foreach (string d in s.Differences.Take(70)) output.WriteLine("      " + d);
        }
    }
}
