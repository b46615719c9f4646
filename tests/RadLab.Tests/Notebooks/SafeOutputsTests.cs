using System.Text;
using System.Text.Json;
using RadLab.Notebooks;
using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class SafeOutputsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SafeOutputsTests() => Directory.CreateDirectory(Path.Combine(_folder.Path, "tree", ".git"));

    public void Dispose() => _folder.Dispose();

    private NotebookRun Run(NotebookData data) =>
        new(RunStatus.Passed, 1, 1, TimeSpan.Zero, null, data, Notebook.Load(_folder.Write("tree/notebooks/n.ipynb", NotebookFiles.Code("1"))));

    private static DataProvenance Of(string id) => DataProvenance.Of(ManifestCatalog.Find(id), []);

    [Fact]
    public void Outputs_of_restricted_data_leave_the_git_tree_unless_allowed_by_name()
    {
        string beside = Path.Combine(_folder.Path, "tree", "notebooks", ".out"), given = Path.Combine(_folder.Path, "tree", "o");
        Assert.Equal(beside, OutputPlace.Choose(Run(NotebookData.None), null, []));
        Assert.Equal(beside, OutputPlace.Choose(Run(new NotebookData([Of("synthetic-reports")], [])), null, []));
        foreach (var (data, name) in new[] { (new NotebookData([Of("synthetic-reports"), Of("mimic-cxr")], []), "mimic-cxr"), (new NotebookData([], ["notes.csv"]), "unknown") })
        {
            string outside = OutputPlace.Choose(Run(data), null, []);
            Assert.StartsWith(Path.Combine(OutputPlace.Outside, "notebooks-"), outside, StringComparison.Ordinal);
            Assert.Null(GitWorkTree.Containing(outside));
            Assert.Equal(beside, OutputPlace.Choose(Run(data), null, [name]));
            Assert.Equal(given, OutputPlace.Choose(Run(data), given, [name]));
            Assert.Equal(_folder.Path, OutputPlace.Choose(Run(data), _folder.Path, []));
            Assert.EndsWith($"choose a folder outside, leave --out away, or give --allow-in-git {name}", Assert.Throws<DataRefusedException>(() => OutputPlace.Choose(Run(data), given, [])).Message, StringComparison.Ordinal);
        }
        Assert.False(new NotebookData([Of("openi-chest-xray")], []).IsSynthetic);
        Assert.True(new NotebookData([Of("synthetic-reports")], []).IsSynthetic);
    }

    [Fact]
    public async Task A_session_knows_the_data_that_its_cells_have_opened()
    {
        using var session = new Session(_folder.Path);
        var output = new CellOutputs();
        async Task RunCell(string cell)
        {
            var result = await session.RunAsync(cell, output);
            Assert.True(result.Succeeded, result.Error?.ToString());
        }
        _folder.Write("a.csv", "x\n1\n");
        File.SetLastWriteTimeUtc(Path.Combine(_folder.Path, "a.csv"), DateTime.UtcNow.AddDays(-1));
        await RunCell("var synthetic = SyntheticReports.At(1, 0);\nvar shown = ManifestCatalog.Find(\"mimic-cxr\").Title;");
        Assert.Empty(session.Data.Sets);
        await RunCell("System.IO.File.WriteAllText(\"" + Path.Combine(_folder.Path, "own.csv").Replace('\\', '/') + "\", \"x\\n1\\n\");\n#!sql --csv own.csv");
        Assert.Empty(session.Data.Unknown);
        await RunCell("#!sql --csv a.csv\n#!csharp\nawait Task.Run(() => DataUse.Declare(\"mimic-cxr\"));");
        Assert.Equal(["a.csv"], session.Data.Unknown);
        Assert.Equal(["mimic-cxr"], session.Data.Sets.Select(s => s.DataSet));
        _folder.Write("r.csv", "uid,report\n1,text\n");
        await RunCell("var m = ManifestCatalog.Find(\"openi-chest-xray\");\nvar n = DataReaders.Reports(\"" + Path.Combine(_folder.Path, "r.csv").Replace('\\', '/') + "\", m.Files.First(f => f.Format == \"csv\"), m.Id);");
        Assert.Equal(["mimic-cxr", "openi-chest-xray"], session.Data.Sets.Select(s => s.DataSet));

        var data = NotebookData.FromJson(NotebookData.Of(session.Data).ToJson());
        Assert.Equal(("mimic-cxr", "a.csv"), (data.RestrictedBy([]), data.Unknown[0]));
        Of("vqa-rad");   // outside of every cell: nobody's
        Assert.Equal(2, session.Data.Sets.Count);
    }

    [Fact]
    public async Task A_run_on_data_of_unknown_origin_writes_nothing_into_the_tree_and_says_where_it_wrote()
    {
        string csv = _folder.Write("tree/patients.csv", "name\nsecret\n");
        File.SetLastWriteTimeUtc(csv, DateTime.UtcNow.AddDays(-1));
        _folder.Write("tree/n.ipynb", NotebookFiles.Code("#!sql --csv patients.csv\nselect * from patients"));
        var home = new Dictionary<string, string> { ["XDG_DATA_HOME"] = Path.Combine(_folder.Path, "home") };
        var result = await Cli.RunAsync(Path.Combine(_folder.Path, "tree"), ["notebooks", "run", "n.ipynb", "--json"], home);
        Assert.True(result.ExitCode == 0, result.ToString());
        using var json = JsonDocument.Parse(result.Output);
        var row = json.RootElement.GetProperty("notebooks")[0];
        Assert.Equal("unknown", row.GetProperty("restricted").GetString());
        Assert.Equal(["n.ipynb", "patients.csv"], Directory.EnumerateFiles(Path.Combine(_folder.Path, "tree"), "*", SearchOption.AllDirectories).Select(Path.GetFileName).Order());
        string copy = Assert.Single(Directory.GetFiles(Path.Combine(_folder.Path, "home", "radlab", "notebooks"), "n.ipynb", SearchOption.AllDirectories));
        Assert.Contains("secret", File.ReadAllText(copy), StringComparison.Ordinal);
        Assert.Equal("patients.csv", Notebook.Load(copy).Metadata.GetProperty("radlab").GetProperty("data")[0].GetProperty("file").GetString());
    }

    [Fact]
    public void Stored_outputs_in_a_git_tree_must_be_stated_synthetic()
    {
        var notebook = Notebook.Load(_folder.Write("tree/n.ipynb", NotebookFiles.Code("1")));
        Assert.Empty(NotebookCheck.Stored(notebook));
        notebook.Cells[0].SetResult(1, [JsonSerializer.SerializeToNode(new { output_type = "stream", name = "stdout", text = "x" })]);
        var unstated = Assert.Single(NotebookCheck.Stored(notebook));
        Assert.Equal((FindingKind.Unstated, "has outputs in a git work tree, and metadata.radlab.outputs does not state \"synthetic\"; strip them (radlab notebooks strip), or state it where it is so"), (unstated.Kind, unstated.Message));
        notebook.SetMetadata("radlab", new System.Text.Json.Nodes.JsonObject { ["outputs"] = "synthetic" });
        Assert.Empty(NotebookCheck.Stored(notebook));
        Assert.True(OutputStrip.IsSynthetic(Notebook.Parse(notebook.ToBytes(), "n.ipynb")));
    }

    [Fact]
    public async Task What_reads_patients_data_loses_the_statement_that_it_is_synthetic_and_is_not_stored()
    {
        string file = _folder.Write("tree/n.ipynb", NotebookFiles.Code("DataUse.Declare(\"mimic-cxr\");"));
        var notebook = Notebook.Load(file);
        notebook.SetMetadata("radlab", new System.Text.Json.Nodes.JsonObject { ["outputs"] = "synthetic" });
        notebook.Save(file);
        byte[] before = File.ReadAllBytes(file);
        var runner = new HeadlessRunner(["dotnet", Path.Combine(AppContext.BaseDirectory, "radlab.dll"), "notebooks", "run-one"]);
        var run = await runner.RunAsync(file, new RunOptions(new Dictionary<string, string>()));
        Assert.Equal(RunStatus.Passed, run.Status);
        Assert.False(OutputStrip.IsSynthetic(run.Notebook));
        Assert.Equal($"{file}: it has opened mimic-cxr, which is restricted or of unknown origin; its outputs are not stored in the notebook", Assert.Throws<DataRefusedException>(() => HeadlessRunner.Store(run)).Message);
        Assert.Equal($"{file}: outputs are stored of a run that passed, and this one did not: cell 1: why", Assert.Throws<ArgumentException>(() => HeadlessRunner.Store(run with { Status = RunStatus.Failed, Error = "cell 1: why" })).Message);
        Assert.Equal(before, File.ReadAllBytes(file));

        var found = await new NotebookCheck(runner).CheckAsync(file, new RunOptions(new Dictionary<string, string>()));
        Assert.StartsWith("states that it shows synthetic data only (metadata.radlab.outputs), and it reads mimic-cxr ", Assert.Single(found, f => f.Kind == FindingKind.NotSynthetic).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_with_parameters_of_its_own_is_not_stored()
    {
        var run = Run(NotebookData.None) with { Notebook = Notebook.Load(_folder.Write("tree/p.ipynb", NotebookFiles.Make([("bool quick = true;", [Parameters.Tag])]))) };
        Parameters.Inject(run.Notebook, new Dictionary<string, string> { ["quick"] = "false" });
        Assert.EndsWith(": outputs are stored of a run with the notebook's own parameters; leave -p, --quick and --full away", Assert.Throws<ArgumentException>(() => HeadlessRunner.Store(run)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FSharp_notebooks_run_and_others_are_named()
    {
        static Notebook Kernel(string language) => Notebook.Parse(Encoding.UTF8.GetBytes("""{"nbformat":4,"cells":[],"metadata":{"kernelspec":{"language":"LANGUAGE"}}}""".Replace("LANGUAGE", language, StringComparison.Ordinal)), "n.ipynb");
        Assert.Equal(["csharp", "fsharp", null], new[] { "C#", "F#", "python" }.Select(l => Kernel(l).CellLanguage));
    }
}
