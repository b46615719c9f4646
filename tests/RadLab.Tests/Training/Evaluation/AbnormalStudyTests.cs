using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Tests.Training;

public sealed class AbnormalStudyTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("The lungs are clear. The heart is normal in size. No pleural effusion or pneumothorax.", "No acute cardiopulmonary abnormality.", false)]
    [InlineData("There is a small right pleural effusion. The heart is normal in size.", "Small right effusion.", true)]
    [InlineData("Possible consolidation in the left lower lobe.", "Possible pneumonia.", true)]
    [InlineData("The lungs are clear.", "Cardiomegaly.", true)]
    public void A_study_is_abnormal_where_findings_or_impression_name_an_observation(string findings, string impression, bool abnormal) =>
        Assert.Equal(abnormal, AbnormalStudy.Is(new PromptExample { Id = "1", Task = "impression", Split = "test", Instruction = "i", Input = findings, Answer = impression }));

    [Theory]
    [InlineData("openi-chest-xray", true)]
    [InlineData("mimic-cxr", true)]
    [InlineData("synthetic-reports", false)]
    [InlineData("mtsamples", false)]
    public void The_rules_know_sets_of_chest_radiographs_alone(string dataSet, bool known) => Assert.Equal(known, AbnormalStudy.Knows(dataSet));

    [Fact]
    public void Abnormal_studies_have_a_table_of_their_own_where_the_set_is_one_of_chest_radiographs()
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        string data = _folder.File("data"), card = Path.Combine(data, DataCard.JsonName);
        Directory.CreateDirectory(data);
        foreach (string file in Directory.EnumerateFiles(PreparedTiny.Data)) File.Copy(file, Path.Combine(data, Path.GetFileName(file)));
        var setup = RunSetup.New(PreparedTiny.Recipe with { Data = data, Steps = 1, Run = new RunSchedule { Samples = 0, EvaluateTexts = 1 } }, DateTime.UnixEpoch);
        string run = setup.CreateFolder(_folder.Path);
        setup.Run(engine, run).Train();
        PromptExample[] items = [.. PreparedFolder.Open(data).Read(DataSplit.Train).Take(8)];
        int abnormal = items.Count(AbnormalStudy.Is);
        Assert.InRange(abnormal, 1, items.Length - 1);
        Assert.Single(Evaluate().Tables);   // generated reports: not only of the chest

        var json = JsonNode.Parse(File.ReadAllText(card))!;
        json["provenance"]!["dataSet"] = "openi-chest-xray";
        File.WriteAllText(card, json.ToJsonString());
        var tables = Evaluate().Tables;
        Assert.Equal(["", ", abnormal studies"], tables.Select(t => t.Title["tiny on openi-chest-xray".Length..]));
        Assert.All(tables[0].Rows, r => Assert.Equal(items.Length, r.Items));
        Assert.All(tables[1].Rows, r => Assert.Equal(abnormal, r.Items));
        // the same answers, of fewer items
        var rouge = items.Where(AbnormalStudy.Is).Zip(Baselines.LeadSentence([.. items.Where(AbnormalStudy.Is)]), (item, answer) => Rouge.L(item.Answer, answer).F);
        Assert.Equal(rouge.Average(), tables[1].Rows.Single(r => r.System == "lead sentence").RougeL.Mean, 1e-12);

        EvaluationReport Evaluate() => RunEvaluation.Open(run).Run(engine, DataSplit.Train, items.Length, withBase: false);
    }
}
