using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RadLab.Radiology;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

/// <summary>A comparison is bound to what it stated and to the data that it began with.</summary>
public sealed class ArmsBindingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-arms-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public void A_comparison_of_an_earlier_version_goes_on_with_the_full_paths_that_it_wrote_and_says_what_it_cannot_tell()
    {
        LongTests.SkipUnlessAsked();
        string folder = ArmsRun.Create(ShrunkArms.Smallest with { ChoiceSeed = null }, _folder, DateTime.UtcNow), size = Path.Combine(folder, "sizes", "a");
        var first = ArmsRun.Open(folder).Run();
        // what it was before its pretraining and its last arm had taken a step
        foreach (string begun in (string[])["pretraining", Path.Combine("qlora", "choice")])
        {
            string record = Path.Combine(size, begun, begun == "pretraining" ? "run.json" : "sweep.json"), text = File.ReadAllText(record), model = begun == "pretraining" ? "random" : "base";
            Directory.Delete(Path.Combine(size, begun), recursive: true);
            Directory.CreateDirectory(Path.Combine(size, begun));
            File.WriteAllText(record, text.Replace($"comparison:sizes/a/{model}", Path.Combine(size, model), StringComparison.Ordinal));
        }
        Directory.Delete(Path.Combine(folder, "constant-scores"), recursive: true);
        foreach (string file in Directory.EnumerateFiles(folder, "*.json*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) is "arms.json" or "sweep.json" or "scores-test.json" or "scorings.jsonl"))
        {
            var json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
            if (json["arms"] is JsonObject) json.Remove("arms");
            foreach (string field in (string[])["origin", "choice_seed", "items_sha256", "references", "left_out"]) json.Remove(field);
            File.WriteAllText(file, json.ToJsonString());
        }
        int steps = 0;
        var notes = new List<string>();
        var again = ArmsRun.Open(folder, notes.Add, new ShrunkArms.Direct(_ => steps++)).Run();
        Assert.Equal(1 + 2, steps);
        Assert.Equal(Path.Combine(size, "base"), again.Sizes[0].Arm("qlora").Runs[0].Trial.Recipe.Model);
        Assert.Equal("comparison:sizes/a/base", again.Sizes[0].Arm("full").Runs[0].Trial.Recipe.Model);
        Assert.Equal(first.Sizes[0].Arm("qlora").Scores[0].Values, again.Sizes[0].Arm("qlora").Scores[0].Values);
        Assert.Contains($"{Path.Combine(folder, "arms.json")} is of an earlier version: it does not say which data and base it began with, and only its runs are checked", notes);
        string report = File.ReadAllText(Path.Combine(folder, "results.txt")), full = Path.Combine("sizes", "a", "full", "choice", "trials", "trial-001", "scores-test.json");
        Assert.Contains($"{full}: scored by an earlier version, which did not write down what arms.json was: that its margin was stated before cannot be told.", report, StringComparison.Ordinal);
        Assert.Contains("Settings were chosen with a seed that is scored as well", report, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_stated_before_the_test_split_was_looked_at_cannot_be_changed_afterwards()
    {
        string folder = ArmsRun.Create(ShrunkArms.Smallest, _folder, DateTime.UtcNow), arms = Path.Combine(folder, "arms.json"), stated = File.ReadAllText(arms);
        ArmsRun.Open(folder).Run();
        string seed = Path.Combine(folder, "sizes", "a", "qlora", "seeds", "trials", "trial-001"), scores = Path.Combine(seed, "scores-test.json"), scored = File.ReadAllText(scores);

        // other white space is the same statement
        File.WriteAllText(arms, JsonNode.Parse(stated)!.ToJsonString());
        ArmsRun.Open(folder);
        foreach (var (field, from, to) in ((string, string, string)[])[("margin", "\"margin\": 0.02", "\"margin\": 0.6"), ("test_items", "\"test_items\": 1", "\"test_items\": 2"), ("recipe", "\"steps\": 2,", "\"steps\": 3,")])
        {
            Assert.Contains(from, stated, StringComparison.Ordinal);
            File.WriteAllText(arms, stated.Replace(from, to, StringComparison.Ordinal));
            Assert.StartsWith($"arms.json: {field} was changed after the test split had been looked at (constant-scores", Assert.Throws<RecipeException>(() => ArmsRun.Open(folder)).Message, StringComparison.Ordinal);
        }
        // nor by throwing the scores away: the look is written down
        foreach (string file in Directory.EnumerateFiles(folder, "scores-test.json", SearchOption.AllDirectories)) File.Delete(file);
        Assert.Matches("^arms.json: recipe was changed after the test split had been looked at \\(constant-scores.scorings.jsonl\\): restore it, or begin a new comparison.$", Assert.Throws<RecipeException>(() => ArmsRun.Open(folder)).Message);
        File.WriteAllText(arms, stated);
        var again = ArmsRun.Open(folder).Run();
        Assert.Equal((4, 8), again.Looks);
        Assert.Contains("The test split was looked at 8 times for 4 systems: what was chosen in between", File.ReadAllText(Path.Combine(folder, "results.txt")), StringComparison.Ordinal);
        Assert.Equal(scored, File.ReadAllText(scores));

        // scores of other items
        File.WriteAllText(scores, Regex.Replace(scored, "\"items_sha256\":\"[0-9a-f]+\"", "\"items_sha256\":\"00\""));
        Assert.Matches("qlora.*scores-test.json: scores test items with the hash 00, but constant-scores.*the data has changed in between", Assert.Throws<RecipeException>(() => ArmsRun.Open(folder).Run()).Message);
        File.WriteAllText(scores, scored);

        // a sweep that does not follow from arms.json
        string sweep = Path.Combine(folder, "sizes", "a", "qlora", "seeds", "sweep.json"), written = File.ReadAllText(sweep);
        foreach (var (field, from, to) in ((string, string, string)[])[("over", "\"seed=17\"", "\"seed=99\""), ("recipe.learning_rate", "\"learning_rate\": 0.001", "\"learning_rate\": 0.002")])
        {
            File.WriteAllText(sweep, written.Replace(from, to, StringComparison.Ordinal));
            Assert.Equal($"{sweep}: {field} is not what arms.json implies: restore both files, or begin a new comparison.", Assert.Throws<RecipeException>(() => ArmsRun.Open(folder).Run()).Message);
        }
    }

    [Fact]
    public void A_comparison_is_bound_to_the_data_that_it_began_with_and_each_pretraining_too()
    {
        string data = Prepare(17), texts = Path.Combine(_folder, "texts");
        CopyOf(data, texts);
        var recipe = ShrunkArms.Smallest with { Recipe = ShrunkArms.Smallest.Recipe with { Data = data }, Pretraining = ShrunkArms.Smallest.Pretraining with { Data = texts } };
        string folder = ArmsRun.Create(recipe, _folder, DateTime.UtcNow);
        var open = ArmsRun.Open(folder);
        Prepare(18);
        Assert.Matches($"^data {Regex.Escape(data)}: t(est|rain)\\.jsonl has the hash [0-9a-f]{{64}}, but the comparison began with [0-9a-f]{{64}}: restore it, or begin a new comparison\\.$", Assert.Throws<RecipeException>(() => ArmsRun.Open(folder)).Message);
        // the pretraining is as it was, so it is done; what follows is not
        Assert.Matches($"^data {Regex.Escape(data)}: .* but the comparison began with ", Assert.Throws<RecipeException>(() => open.Run()).Message);
        Assert.True(Directory.Exists(Path.Combine(folder, "sizes", "a", "base")));
        Prepare(17);
        Directory.Delete(Path.Combine(folder, "sizes"), recursive: true);
        open = ArmsRun.Open(folder);
        Directory.Delete(texts, recursive: true);
        CopyOf(Prepare(18), texts);
        Assert.Matches($"^data {Regex.Escape(texts)}: .* but the comparison began with ", Assert.Throws<RecipeException>(() => open.Run()).Message);
        Assert.False(Directory.Exists(Path.Combine(folder, "sizes", "a", "pretraining", "checkpoints")));
    }

    private string Prepare(ulong seed)
    {
        string folder = Path.Combine(_folder, "prepared");
        DataSets.Prepare(new PrepareRequest { Manifest = ManifestCatalog.Find("synthetic-reports"), Out = folder, Folders = DataFolders.Default(), Count = 40, Seed = seed, Replace = true });
        return folder;
    }

    private static void CopyOf(string folder, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(folder)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
