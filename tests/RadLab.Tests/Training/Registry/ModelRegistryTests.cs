using RadLab.Training;

namespace RadLab.Tests.Training;

public sealed class ModelRegistryTests : IDisposable
{
    private static readonly DateTime s_now = new(2026, 5, 6, 7, 8, 9, DateTimeKind.Utc);

    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-registry-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Run => Path.Combine(_folder, "run");

    private ModelRegistry Registry => new(Path.Combine(_folder, "registry"));

    [Fact]
    public void An_entry_carries_its_lineage_and_reads_back_as_it_was_written()
    {
        var record = FinishedRun.Write(Run);
        var report = ScoredReport.Impressions;
        File.WriteAllText(Path.Combine(Run, "evaluation-test.json"), report.ToJson().ToJsonString());
        var written = Registry.Add(Run, "chest", s_now);
        var read = Registry.Find("chest");
        Assert.Equal(("chest", 1, "2026-05-06T07:08:09Z", Run, record.Identity(), "tiny", "adapter"), (read.Name, read.Version, read.CreatedUtc, read.Run, read.Identity, read.BaseModel, read.Kind));
        Assert.Equal(record.Base, read.Base);
        Assert.Equal(record.Data.Sha256, read.Data.Sha256);
        Assert.Equal(["adapter_config.json", "adapter_model.safetensors", "radlab.json"], read.Files.Keys);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("weights"u8)), read.Files["adapter_model.safetensors"]);
        Assert.Equal(written.WeightsSha256, read.WeightsSha256);
        Assert.Equal(RecipeJson.Write(record.Recipe), RecipeJson.Write(read.Recipe));
        Assert.Equal((1.25, 4.0, written.AdapterSha256), (read.Evaluation["validation_loss"], read.Evaluation["validation_step"], read.AdapterSha256));
        foreach (var (table, name) in report.Tables.Zip((string[])["evaluation-test.", "evaluation-test.abnormal_studies."]))
        {
            var own = table.Rows.Single(r => r.System == "model");
            Assert.Equal((own.RougeL.Mean, own.RougeL.Low, own.RougeL.High, own.Exact.Mean, own.Commonest, (double)own.Items),
                (read.Evaluation[name + "rouge_l"], read.Evaluation[name + "rouge_l_low"], read.Evaluation[name + "rouge_l_high"], read.Evaluation[name + "exact"], read.Evaluation[name + "commonest"], read.Evaluation[name + "items"]));
        }
        Assert.Equal(2 + 2 * 9, read.Evaluation.Count);
        Assert.Equal(3, read.LicenceNotes.Count);
        Assert.StartsWith("synthetic-reports: ", read.LicenceNotes[0], StringComparison.Ordinal);
        Assert.DoesNotContain(TeachingModel.Note, File.ReadAllText(Path.Combine(_folder, "registry", "chest", "v1.json")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 3, 2.5)]
    [InlineData(true, 1, 1.5)]
    public void The_validation_loss_is_that_of_the_registered_weights(bool best, double step, double loss)
    {
        FinishedRun.Write(Run);
        FinishedRun.Record(recipe: TinyTraining.Recipe with { Run = TinyTraining.Recipe.Run with { EvaluateEvery = 1, ResultIsBest = best } }).Save(Run);
        File.WriteAllLines(Path.Combine(Run, "metrics.jsonl"), ((double, int)[])[(1.5, 1), (1.5, 2), (2.5, 3)] is var all ? all.Select(e => FormattableString.Invariant($$"""{"step":{{e.Item2}},"kind":"validation","loss":{{e.Item1}},"texts":6}""")) : []);
        var figures = Registry.Add(Run, "chest", s_now).Evaluation;
        Assert.Equal((loss, step), (figures["validation_loss"], figures["validation_step"]));
    }

    [Fact]
    public void An_entry_from_before_the_adapters_own_hash_reads_and_knows_it()
    {
        FinishedRun.Write(Run);
        string hash = Registry.Add(Run, "chest", s_now).AdapterSha256!, file = Path.Combine(_folder, "registry", "chest", "v1.json"), text = File.ReadAllText(file);
        string line = text.Split('\n').Single(l => l.Contains("adapter_sha256", StringComparison.Ordinal));
        File.WriteAllText(file, text.Replace(line + "\n", "", StringComparison.Ordinal));
        Assert.Equal(hash, Registry.Find("chest").AdapterSha256);
        File.WriteAllText(file, text.Replace(line, line.Replace(hash, new string('0', 64), StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.Contains("the hash of the weights is not that of their files", Assert.Throws<RecipeException>(() => Registry.Find("chest")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_whole_model_has_no_adapters_hash_and_a_damaged_evaluation_is_named()
    {
        FinishedRun.Write(Run);
        Directory.Move(Path.Combine(Run, "adapter"), Path.Combine(Run, "model"));
        var entry = Registry.Add(Run, "whole", s_now);
        Assert.Equal(("model", null), (entry.Kind, entry.AdapterSha256));
        string file = Path.Combine(Run, "evaluation-validation.json");
        File.WriteAllText(file, "{\"tables\":[{\"title\":\"t\"}],\"classes\":{}}");
        Assert.Equal($"{file}: is not what 'radlab eval' writes; remove it, or score the run again.", Assert.Throws<RecipeException>(() => Registry.Add(Run, "whole", s_now)).Message);
    }

    [Fact]
    public void Versions_aliases_and_stages_are_found()
    {
        FinishedRun.Write(Run);
        Registry.Add(Run, "chest", s_now);
        Registry.Add(Run, "chest", s_now);
        Registry.SetAlias("chest", "champion", 2);
        Registry.SetAlias("chest", "champion", 1);
        Registry.SetStage("chest", 2, RegistryStage.Staging);
        Assert.Equal((2, 2, 1), (Registry.Find("chest").Version, Registry.Find("chest/2").Version, Registry.Find("chest@champion").Version));
        var model = Assert.Single(Registry.All());
        Assert.Equal((RegistryStage.None, RegistryStage.Staging), (model.StageOf(1), model.StageOf(2)));
        Assert.Equal("model 'chest@none': there is no such version; chest has 1, 2, @champion.", Assert.Throws<RecipeException>(() => Registry.Find("chest@none")).Message);
        Assert.Equal("model 'chest': there is no version 3; 'radlab registry show chest' lists them.", Assert.Throws<RecipeException>(() => Registry.SetAlias("chest", "next", 3)).Message);
        foreach (string alias in (string[])["latest", "v2", "a b", ""])
            Assert.Equal($"alias '{alias}': must be letters, digits, _ and -, at most 255, and neither 'latest' nor v and a number.", Assert.Throws<RecipeException>(() => Registry.SetAlias("chest", alias, 1)).Message);
    }

    [Fact]
    public void Two_that_register_at_once_get_different_versions()
    {
        FinishedRun.Write(Run);
        int[] versions = new int[8];
        Parallel.For(0, versions.Length, i => versions[i] = Registry.Add(Run, "chest", s_now).Version);
        Assert.Equal(Enumerable.Range(1, 8), versions.Order());
    }

    [Theory]
    [InlineData("../up")]
    [InlineData(".hidden")]
    [InlineData("")]
    public void A_name_never_leads_out_of_the_registry(string name) =>
        Assert.Equal($"model name '{name}': must be 1 to 100 letters, digits, and . _ - , and begin with a letter or digit.", Assert.Throws<RecipeException>(() => Registry.Get(name)).Message);

    [Fact]
    public void An_adapter_of_another_base_and_a_changed_entry_are_refused()
    {
        FinishedRun.Write(Run, @base: new string('9', 64));
        var e = Assert.Throws<RecipeException>(() => Registry.Add(Run, "chest", s_now));
        Assert.Equal($"{Path.Combine(Run, "adapter")}: belongs to the base {new string('9', 64)}, but the run trained on {FinishedRun.BaseHash}: restore the run's own adapter.", e.Message);
        Assert.Empty(Registry.All());

        FinishedRun.Write(Run);
        Registry.Add(Run, "chest", s_now);
        string entry = Path.Combine(_folder, "registry", "chest", "v1.json"), text = File.ReadAllText(entry);
        File.WriteAllText(entry, text.Replace(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("weights"u8)), new string('0', 64), StringComparison.Ordinal));
        Assert.Equal($"{entry}: the hash of the weights is not that of their files; the entry was changed by hand, restore it.", Assert.Throws<RecipeException>(() => Registry.Find("chest")).Message);
        File.WriteAllText(entry, text[..100]);
        Assert.Equal($"{entry}: is not what the registry writes; restore it from a copy.", Assert.Throws<RecipeException>(() => Registry.Find("chest")).Message);
    }
}
