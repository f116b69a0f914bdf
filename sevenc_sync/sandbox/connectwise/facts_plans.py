"""Facts of the record types of projects, the calendar and sales activities, written as in `facts`."""

from collections.abc import Mapping

PLANS: Mapping[str, str] = {
    "Project": (
        "id:int actualEnd:dt actualHours:num actualStart:dt agreement:@Agreement "
        "billExpenses:Billable|DoNotBill|NoCharge|NoDefault billingAmount:num billingAttention:str "
        "billingMethod*:ActualRates|FixedFee|NotToExceed|OverrideRate billingRateType:StaffMember|WorkRole "
        "billingTerms:@BillingTerms billProducts:Billable|DoNotBill|NoCharge|NoDefault "
        "billProjectAfterClosedFlag:bool billTime:Billable|DoNotBill|NoCharge|NoDefault "
        "billToCompany:@Company billToContact:@Contact billToSite:@Site billUnapprovedTimeAndExpense:bool "
        "board*:@ProjectBoard budgetAnalysis:ActualHours|BillableHours budgetFlag:bool budgetHours:num "
        "company*:@Company contact:@Contact customerPO:str description:str currency:@Currency downpayment:num "
        "estimatedEnd*:dt percentComplete:num estimatedExpenseRevenue:num estimatedHours:num "
        "estimatedProductRevenue:num estimatedStart*:dt estimatedTimeRevenue:num expenseApprover:@Member "
        "includeDependenciesFlag:bool includeEstimatesFlag:bool location:@SystemLocation "
        "department:@SystemDepartment manager:@Member name*:str opportunity:@Opportunity "
        "projectTemplateId:int restrictDownPaymentFlag:bool scheduledEnd:dt scheduledHours:num "
        "scheduledStart:dt shipToCompany:@Company shipToContact:@Contact shipToSite:@Site site:@Site "
        "status:@ProjectStatus closedFlag:bool timeApprover:@Member type:@ProjectType "
        "doNotDisplayInPortalFlag:bool billingStartDate:dt poAmount:num estimatedTimeCost:num "
        "estimatedExpenseCost:num estimatedProductCost:num taxCode:@TaxCode companyLocation:@SystemLocation "
        "overridePercentComplete:bool showOverridePercentFlag:bool customFields:[@CustomFieldValue] _info:map"
    ),
    "ProjectStatus": (
        "id:int name*:str defaultFlag:bool inactiveFlag:bool noTimeFlag:bool closedFlag:bool "
        "statusIndicator:@StatusIndicator customStatusIndicatorName:str connectWiseId:str _info:map"
    ),
    "ProjectType": "id:int name*:str defaultFlag:bool inactiveFlag:bool integrationXref:str connectWiseId:str _info:map",
    "ProjectPhase": (
        "id:int projectId:int description*:str board:@ProjectBoard status:@PhaseStatus agreement:@Agreement "
        "opportunity:@Opportunity department:@BillingUnit parentPhase:@ProjectPhase wbsCode:str "
        "billTime:Billable|DoNotBill|NoCharge|NoDefault billExpenses:Billable|DoNotBill|NoCharge|NoDefault "
        "billProducts:Billable|DoNotBill|NoCharge|NoDefault markAsMilestoneFlag:bool notes:str "
        "deadlineDate:dt billSeparatelyFlag:bool "
        "billingMethod:ActualRates|FixedFee|NotToExceed|OverrideRate scheduledHours:num scheduledStart:str "
        "scheduledEnd:str actualHours:num actualStart:str actualEnd:str budgetHours:num startDate:str "
        "endDate:str locationId:int businessUnitId:int hourlyRate:num billingStartDate:dt "
        "billPhaseClosedFlag:bool billProjectClosedFlag:bool downpayment:num poNumber:str poAmount:num "
        "estimatedTimeCost:num estimatedExpenseCost:num estimatedProductCost:num estimatedTimeRevenue:num "
        "estimatedExpenseRevenue:num estimatedProductRevenue:num currency:@Currency billToCompany:@Company "
        "billToContact:@Contact billToSite:@Site shipToCompany:@Company shipToContact:@Contact "
        "shipToSite:@Site billingTerms:@BillingTerms taxCode:@TaxCode _info:map "
        "customFields:[@CustomFieldValue]"
    ),
    "ProjectTicket": (
        "id:int summary*:str isIssueFlag:bool board:@Board status:@ServiceStatus workRole:@WorkRole "
        "workType:@WorkType project:@Project phase*:@ProjectPhase wbsCode:str company:@Company site:@Site "
        "siteName:str addressLine1:str addressLine2:str city:str stateIdentifier:str zip:str "
        "country:@Country contact:@Contact contactName:str contactPhoneNumber:str contactPhoneExtension:str "
        "contactEmailAddress:str type:@ServiceType subType:@ServiceSubType item:@ServiceItem owner:@Member "
        "priority:@Priority serviceLocation:@ServiceLocation source:@ServiceSource requiredDate:dt "
        "budgetHours:num opportunity:@Opportunity agreement:@Agreement agreementType:str "
        "knowledgeBaseCategoryId:int knowledgeBaseSubCategoryId:int knowledgeBaseLinkId:int "
        "knowledgeBaseLinkType:Activity|ProjectIssue|KnowledgeBaseArticle|ProjectTicket|ServiceTicket|Time "
        "allowAllClientsPortalView:bool customerUpdatedFlag:bool automaticEmailContactFlag:bool "
        "automaticEmailResourceFlag:bool automaticEmailCcFlag:bool automaticEmailCc:str closedDate:str "
        "closedBy:str closedFlag:bool actualHours:num approved:bool "
        "subBillingMethod:ActualRates|FixedFee|NotToExceed|OverrideRate subBillingAmount:num "
        "subDateAccepted:str resources:str billTime:Billable|DoNotBill|NoCharge|NoDefault "
        "billExpenses:Billable|DoNotBill|NoCharge|NoDefault "
        "billProducts:Billable|DoNotBill|NoCharge|NoDefault predecessorType:Ticket|Phase predecessorId:int "
        "predecessorClosedFlag:bool lagDays:int lagNonworkingDaysFlag:bool estimatedStartDate:dt "
        "location:@SystemLocation department:@SystemDepartment duration:int scheduleStartDate:dt "
        "scheduleEndDate:dt mobileGuid:str currency:@Currency _info:map tasks:[@TicketTask] "
        "initialDescription:str initialInternalAnalysis:str initialResolution:str contactEmailLookup:str "
        "processNotifications:bool skipCallback:bool customFields:[@CustomFieldValue]"
    ),
    "ScheduleEntry": (
        "id:int objectId:int name:str member:@Member where:@ServiceLocation dateStart:dt dateEnd:dt "
        "reminder:@Reminder status:@ScheduleStatus type*:@ScheduleType span:@ScheduleSpan doneFlag:bool "
        "acknowledgedFlag:bool ownerFlag:bool meetingFlag:bool ticketType:str "
        "allowScheduleConflictsFlag:bool addMemberToProjectFlag:bool projectRoleId:int mobileGuid:str "
        "acknowledgedDate:dt closeDate:dt notifyResource:bool notificationSent:bool "
        "notificationResponse:str hours:num startTimeSet:bool endTimeSet:bool _info:map"
    ),
    "ScheduleType": (
        "id:int name*:str identifier*:str chargeCode:@ChargeCode where:@ServiceLocation systemFlag:bool "
        "_info:map"
    ),
    "ScheduleStatus": ("id:int name*:str defaultFlag:bool showAsTentativeFlag:bool _info:map"),
    "Activity": (
        "id:int name*:str type:@ActivityType company:@Company contact:@Contact phoneNumber:str "
        "phoneExtension:str email:str status:@ActivityStatus opportunity:@Opportunity ticket:@Ticket "
        "agreement:@Agreement campaign:@Campaign notes:str dateStart:dt dateEnd:dt dateEndUtc:dt "
        "dateClosedUtc:dt assignedBy:@Member assignTo*:@Member scheduleStatus:@ScheduleStatus "
        "reminder:@Reminder where:@ServiceLocation notifyFlag:bool closeFlag:bool mobileGuid:str "
        "currency:@Currency _info:map customFields:[@CustomFieldValue]"
    ),
    "ActivityType": (
        "id:int name*:str points:int defaultFlag:bool inactiveFlag:bool emailFlag:bool memoFlag:bool "
        "historyFlag:bool _info:map connectWiseId:str"
    ),
    "ActivityStatus": (
        "id:int name*:str defaultFlag:bool inactiveFlag:bool spawnFollowupFlag:bool closedFlag:bool _info:map"
    ),
}
"""Record types."""
